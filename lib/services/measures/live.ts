import { and, count, eq, gt, gte, inArray, lt, max, or, type SQL, sql } from "drizzle-orm";
import { countedMinutes, endOfMinutes } from "@/db/counted";
import { type DetailKind, devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { spansSince1970, sumOf } from "@/db/sums";
import { storedBytes, sumBefore, textBytes } from "@/db/within-bytes";
import { type MinuteNumbers, numbersOf } from "@/lib/domain/measures/measures";
import { addToMinute } from "@/lib/sync/telemetry/add-to-minute";
import {
  type DetailOfMinute,
  detailsOfMinute,
  holdCounts,
  sumOf as sumOfCounts,
} from "@/lib/sync/telemetry/details-of-minute";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";
import { readPages } from "./parts";
import { HOUR_MS } from "./windows";

/**
 * Increments whose histograms or details a read adds up itself, at most: with more it tells what was folded, and until when
 * that is whole. Counters and devices are always whole (`sumLive`).
 */
const LIVE_MAX = 5000;
/** Of these, how many one statement reads, and about how many bytes of details. */
const ROWS_A_PAGE = 500;
const BYTES_A_PAGE = 4 * 2 ** 20;
/** Increments whose counters one statement adds up, about. */
const SUMMED_A_PART = 2_000;
/** Details that a read adds up, at most: one increment may have a thousand of a kind. */
const DETAILS_MAX = 200_000;

type Of = { deviceId: string; appId: string; versionCode: number; atMs: number };

/** What one device told of one version in one minute, while no roll-up holds it. */
export type LiveMinute = Of & {
  /** How many increments of it came when its 48 hours were over: it counts, and is in no histogram. */
  late: number;
  /** What told of it; null in rows of before it was kept. */
  runtimeKind: string | null;
  numbers: MinuteNumbers;
};
/** What it told at once of that minute and one host, API, cause or limit. */
export type LiveDetail = Of & DetailOfMinute;

export type Live = {
  minutes: readonly LiveMinute[];
  /** Until when figures are whole, where more waits than a read adds up; null: they are whole. */
  behind: string | null;
};

type Minutes = ReturnType<typeof countedMinutes>;

/** The oldest of these minutes where they are more than a read adds up; null where they are not. */
async function findBehind(db: Database, minutes: Minutes, matching: SQL | undefined): Promise<string | null> {
  const some = db
    .select({ at: minutes.at })
    .from(minutes)
    .where(matching)
    .limit(LIVE_MAX + 1)
    .as("some");
  const [row] = await db.select({ count: count() }).from(some);
  return (row?.count ?? 0) <= LIVE_MAX ? null : await findOldest(db, minutes, matching);
}

async function findOldest(db: Database, minutes: Minutes, matching: SQL | undefined): Promise<string | null> {
  const [oldest] = await db.select({ at: minutes.at }).from(minutes).where(matching).orderBy(minutes.at).limit(1);
  return oldest?.at.toISOString() ?? null;
}

type Key = { at: Date; id: number };
const orderOf = ({ at, id }: Minutes) => [at, id] as const;

/** SQL: what follows a row in that order. */
function after({ at, id }: Minutes, last: Key | null): SQL | undefined {
  if (last === null) return undefined;
  return and(gte(at, last.at), or(gt(at, last.at), gt(id, last.id)));
}

/**
 * What devices told of a program and no roll-up holds yet. Added to what roll-ups hold it is all that was told, and nothing
 * twice.
 */
export async function readLive(db: Database, appId: string): Promise<Live> {
  const minutes = countedMinutes(db);
  const { apis: _apis, hosts: _hosts, denials: _denials, limits: _limits, ...columns } = minutes._.selectedFields;
  const matching = eq(minutes.appId, appId);
  const behind = await findBehind(db, minutes, matching);
  if (behind !== null) return { minutes: [], behind };
  const rows = await readPages(ROWS_A_PAGE, (last: Key | null) =>
    db
      .select(columns)
      .from(minutes)
      .where(and(matching, after(minutes, last)))
      .orderBy(...orderOf(minutes))
      .limit(ROWS_A_PAGE),
  );
  const told = new Map<string, LiveMinute>();
  for (const { deviceId, versionCode, at, late, runtimeKind, ...row } of rows) {
    const one = { deviceId, appId, versionCode, atMs: at.getTime(), late, runtimeKind, numbers: numbersOf(row) };
    const key = JSON.stringify([deviceId, versionCode, one.atMs, late > 0]);
    const known = told.get(key);
    told.set(key, known === undefined ? one : together(known, one));
  }
  return { minutes: [...told.values()], behind };
}

/** Two increments of one device-minute as one, held within the plausible as they will be (spec 7.10). */
function together(known: LiveMinute, more: LiveMinute): LiveMinute {
  const before = { numbers: known.numbers, applied: undefined, detailed: 0 };
  const { minute } = addToMinute(before, { numbers: more.numbers, applied: undefined });
  return { ...known, late: known.late + more.late, numbers: minute.numbers };
}

/** What a device told of a version in one hour, in so far as no roll-up holds it; of one hour there may be several. */
export type LiveSum = {
  appId: string;
  versionCode: number;
  deviceId: string;
  hourMs: number;
  requests: number;
  blocked: number;
};

/**
 * What devices told of these programs, of all without them, and no roll-up holds yet, however much it is, added up by the store:
 * each device-minute within the plausible, as it will be held. Each statement adds up so many rows, about, of whole minutes, the oldest
 * first: what is folded in between, roll-ups that are read afterwards tell. A minute is never cut, however many devices told of it.
 */
export async function sumLive(
  db: Database,
  appIds: readonly string[] | null,
  rowsAPart: number = SUMMED_A_PART,
): Promise<LiveSum[]> {
  const sums: LiveSum[] = [];
  for (let from: Date | null = null, isLast = false; !isLast; ) {
    const to = await endOfMinutes(db, from, rowsAPart);
    const part = await sumPart(db, appIds, { from, to });
    for (const { hour, ...row } of part) sums.push({ ...row, hourMs: hour * HOUR_MS });
    isLast = to === null;
    from = to;
  }
  return sums;
}

async function sumPart(
  db: Database,
  appIds: readonly string[] | null,
  { from, to }: { from: Date | null; to: Date | null },
) {
  const minutes = countedMinutes(db);
  const { appId, versionCode, deviceId, runtimeKind, at, late } = minutes;
  const within = (name: "requests" | "blocked") =>
    sql<number>`least(${sumOf(minutes[name])}, ${sql.raw(String(PLAUSIBLE[name].most))})`.as(name);
  const held = db
    .select({ appId, versionCode, deviceId, at, requests: within("requests"), blocked: within("blocked") })
    .from(minutes)
    .where(
      and(
        appIds === null ? undefined : inArray(appId, [...appIds]),
        from === null ? undefined : gte(at, from),
        to === null ? undefined : lt(at, to),
      ),
    )
    .groupBy(appId, versionCode, deviceId, runtimeKind, at, sql`${late} > 0`)
    .as("held");
  return await db
    .select({
      ...{ appId: held.appId, versionCode: held.versionCode, deviceId: held.deviceId },
      ...{
        hour: spansSince1970(held.at, HOUR_MS / 1000),
        requests: sumOf(held.requests),
        blocked: sumOf(held.blocked),
      },
    })
    .from(held)
    .groupBy(held.appId, held.versionCode, held.deviceId, sql`4`);
}

const COLUMN_OF = { host: "hosts", api: "apis", cause: "denials", limit: "limits" } as const satisfies Record<
  DetailKind,
  string
>;
const NOTHING = { apis: {}, hosts: [], denials: [], limits: null };

/**
 * The details of one kind in such minutes of a program. What they count is held as all details of a device-minute together will
 * be: within the plausible.
 */
export async function readLiveDetails(
  db: Database,
  { appId, kind, sinceMs }: { appId: string; kind: DetailKind; sinceMs: number },
  most: number = DETAILS_MAX,
): Promise<{ details: readonly LiveDetail[]; behind: string | null }> {
  const minutes = countedMinutes(db);
  const matching = and(eq(minutes.appId, appId), gte(minutes.at, new Date(sinceMs)));
  const behind = await findBehind(db, minutes, matching);
  if (behind !== null) return { details: [], behind };
  const details: LiveDetail[] = [];
  const room = new Map<string, number>();
  let last: Key | null = null;
  for (;;) {
    const rows: Told[] = await readTold(db, minutes, kind, and(matching, after(minutes, last)));
    for (const { told, deviceId, versionCode, at, late } of rows) {
      const of = { appId, deviceId, versionCode, atMs: at.getTime() };
      const key = JSON.stringify([deviceId, versionCode, of.atMs, late > 0]);
      let left = room.get(key) ?? PLAUSIBLE.detailed.most;
      for (const detail of detailsOfMinute({ ...NOTHING, [COLUMN_OF[kind]]: told })) {
        // Nearly always there is room, and there are many of them.
        const seen = sumOfCounts(detail);
        details.push({ ...of, ...detail, ...(seen <= left ? undefined : holdCounts(detail, left).held) });
        left = Math.max(0, left - seen);
      }
      room.set(key, left);
      if (details.length > most) return { details: [], behind: await findOldest(db, minutes, matching) };
    }
    last = rows.at(-1) ?? null;
    if (last === null) return { details, behind: null };
  }
}

type Told = Key & { deviceId: string; versionCode: number; late: number; told: unknown };

/** The first of them, as many as one statement may read; none where there are none. */
async function readTold(db: Database, minutes: Minutes, kind: DetailKind, matching: SQL | undefined): Promise<Told[]> {
  const { id, deviceId, versionCode, at, late } = minutes;
  const told = minutes[COLUMN_OF[kind]];
  const page = db
    .select({
      ...{ id, deviceId, versionCode, at, late, told },
      before: sumBefore(storedBytes([told]), sql`${at}, ${id}`).as("stored_before"),
    })
    .from(minutes)
    .where(matching)
    .orderBy(...orderOf(minutes))
    .limit(ROWS_A_PAGE)
    .as("page");
  const { before: _, ...columns } = page._.selectedFields;
  const unpacked = db
    .select({ ...columns, before: sumBefore(textBytes([page.told]), sql`${page.at}, ${page.id}`).as("text_before") })
    .from(page)
    .where(lt(page.before, BYTES_A_PAGE))
    .as("unpacked");
  const { before, ...shown } = unpacked._.selectedFields;
  return await db.select(shown).from(unpacked).where(lt(before, BYTES_A_PAGE)).orderBy(unpacked.at, unpacked.id);
}

/** When a device of these minutes last told anything; null where there is none. */
export async function newestReport(db: Database, minutes: readonly LiveMinute[]): Promise<Date | null> {
  const ids = [...new Set(minutes.map(({ deviceId }) => deviceId))];
  if (ids.length === 0) return null;
  const [row] = await db
    .select({ at: max(devices.lastSeenAt) })
    .from(devices)
    .where(inArray(devices.id, ids));
  return row?.at ?? null;
}
