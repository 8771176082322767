import { and, count, eq, gt, gte, inArray, max, or, type SQL, sql } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { type DetailKind, devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { spansSince1970, sumOf } from "@/db/sums";
import { type MinuteNumbers, numbersOf } from "@/lib/domain/measures/measures";
import { addToMinute } from "@/lib/sync/telemetry/add-to-minute";
import { type DetailOfMinute, detailsOfMinute } from "@/lib/sync/telemetry/details-of-minute";
import { readPages } from "./parts";
import { HOUR_MS } from "./windows";

/**
 * Increments whose histograms or details a read adds up itself, at most: with more it tells what was folded, and until when
 * that is whole. Counters and devices are always whole (`sumLive`).
 */
const LIVE_MAX = 5000;
/** Of these, how many one statement reads. */
const ROWS_A_PAGE = 500;

type Of = { deviceId: string; appId: string; versionCode: number; atMs: number };

/** What one device told of one version in one minute, while no roll-up holds it. */
export type LiveMinute = Of & {
  /** How many increments of it came when its 48 hours were over: it counts, and is in no histogram. */
  late: number;
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
  if ((row?.count ?? 0) <= LIVE_MAX) return null;
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
  for (const { deviceId, versionCode, at, late, ...row } of rows) {
    const one = { deviceId, appId, versionCode, atMs: at.getTime(), late, numbers: numbersOf(row) };
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

/** What a device told of a version in one hour, in so far as no roll-up holds it. */
export type LiveSum = {
  appId: string;
  versionCode: number;
  deviceId: string;
  hourMs: number;
  requests: number;
  blocked: number;
};

/** What devices told of these programs and no roll-up holds yet, however much it is, added up by the store. */
export async function sumLive(db: Database, appIds: readonly string[]): Promise<LiveSum[]> {
  const minutes = countedMinutes(db);
  const { appId, versionCode, deviceId, requests, blocked } = minutes;
  const rows = await db
    .select({
      ...{ appId, versionCode, deviceId, hour: spansSince1970(minutes.at, HOUR_MS / 1000) },
      ...{ requests: sumOf(requests), blocked: sumOf(blocked) },
    })
    .from(minutes)
    .where(inArray(appId, [...appIds]))
    .groupBy(appId, versionCode, deviceId, sql`4`);
  return rows.map(({ hour, ...row }) => ({ ...row, hourMs: hour * HOUR_MS }));
}

const COLUMN_OF = { host: "hosts", api: "apis", cause: "denials", limit: "limits" } as const satisfies Record<
  DetailKind,
  string
>;
const NOTHING = { apis: {}, hosts: [], denials: [], limits: null };

/** The details of one kind in such minutes of a program. */
export async function readLiveDetails(
  db: Database,
  { appId, kind, sinceMs }: { appId: string; kind: DetailKind; sinceMs: number },
): Promise<{ details: readonly LiveDetail[]; behind: string | null }> {
  const minutes = countedMinutes(db);
  const { id, deviceId, versionCode, at } = minutes;
  const matching = and(eq(minutes.appId, appId), gte(at, new Date(sinceMs)));
  const behind = await findBehind(db, minutes, matching);
  if (behind !== null) return { details: [], behind };
  const rows = await readPages(ROWS_A_PAGE, (last: Key | null) =>
    db
      .select({ id, deviceId, versionCode, at, told: minutes[COLUMN_OF[kind]] })
      .from(minutes)
      .where(and(matching, after(minutes, last)))
      .orderBy(...orderOf(minutes))
      .limit(ROWS_A_PAGE),
  );
  return {
    details: rows.flatMap(({ told, ...row }) =>
      detailsOfMinute({ ...NOTHING, [COLUMN_OF[kind]]: told }).map((detail) => ({
        ...{ appId, deviceId: row.deviceId, versionCode: row.versionCode, atMs: row.at.getTime() },
        ...detail,
      })),
    ),
    behind,
  };
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
