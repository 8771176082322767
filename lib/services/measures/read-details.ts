import { and, desc, eq, gt, gte, inArray, lt, max, min, or, type SQL, sql } from "drizzle-orm";
import { type DetailKind, hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere, spansSince1970, sumOf } from "@/db/sums";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/other";
import { type LiveDetail, readLiveDetails } from "./live";
import { packedTogether } from "./packed-sketches";
import { type Part, partsOf, readHoursInParts } from "./parts";
import { DAY_MS, HOUR_MS } from "./windows";

/** From when on there may be details at all. */
export const oldestDetailsMs = (nowMs: number): number =>
  Math.floor((nowMs - KEPT_MS.hours) / DAY_MS) * DAY_MS - DAY_MS;

/** What of a program's details is asked for, from a whole hour until now. */
export type AskedDetails = {
  appId: string;
  kind: DetailKind;
  sinceMs: number;
  nowMs: number;
  version?: number | undefined;
};

const { name, hour, versionCode, allowed, refused, throttledMs, evicted, firstAt, lastAt, about, devices } =
  hourDetails;

const matching = ({ appId, kind, version }: AskedDetails, { from, to }: Part): SQL | undefined =>
  and(
    eq(hourDetails.appId, appId),
    eq(hourDetails.kind, kind),
    gte(hour, from),
    to === null ? undefined : lt(hour, to),
    version === undefined ? undefined : eq(versionCode, version),
  );

/** What was counted of a name in all. */
export type NameSum = {
  allowed: number;
  refused: number;
  throttledMs: number;
  evicted: number;
  sinceVersion: number;
  firstAtMs: number;
  lastAtMs: number;
};

/**
 * What was counted of each name, by name, what no roll-up holds yet included; what is counted together under `~other` stands
 * under that name. What is told of it hour by hour is asked for the names that are shown (`readHoursOf`).
 */
export async function sumDetails(
  db: Database,
  asked: AskedDetails,
  live: readonly LiveDetail[],
): Promise<Map<string, NameSum>> {
  const sums = new Map<string, NameSum>();
  const add = (of: string, more: NameSum) => {
    const known = sums.get(of);
    sums.set(of, known === undefined ? more : together(known, more));
  };
  await readHoursInParts({ ...asked, rows: "counted" }, async (part) => {
    const rows = await db
      .select({
        ...{
          name,
          rows: countWhere(),
          allowed: sumOf(allowed),
          refused: sumOf(refused),
          throttledMs: sumOf(throttledMs),
          evicted: sumOf(evicted),
        },
        ...{ sinceVersion: min(versionCode), firstAt: min(firstAt), lastAt: max(lastAt) },
      })
      .from(hourDetails)
      .where(matching(asked, part))
      .groupBy(name);
    for (const { name: of, rows: _, sinceVersion, firstAt: first, lastAt: last, ...counted } of rows) {
      // A group has rows, and each of them has these.
      if (sinceVersion === null || first === null || last === null) continue;
      add(of, { ...counted, sinceVersion, firstAtMs: first.getTime(), lastAtMs: last.getTime() });
    }
    return rows.reduce((sum, row) => sum + row.rows, 0);
  });
  for (const { name: of, versionCode: sinceVersion, atMs, ...told } of live) {
    const counted = {
      allowed: told.allowed,
      refused: told.refused,
      throttledMs: told.throttledMs,
      evicted: told.evicted,
    };
    add(of, { ...counted, sinceVersion, firstAtMs: atMs, lastAtMs: atMs });
  }
  return sums;
}

const together = (a: NameSum, b: NameSum): NameSum => ({
  allowed: addSaturating(a.allowed, b.allowed),
  refused: addSaturating(a.refused, b.refused),
  throttledMs: addSaturating(a.throttledMs, b.throttledMs),
  evicted: addSaturating(a.evicted, b.evicted),
  sinceVersion: Math.min(a.sinceVersion, b.sinceVersion),
  firstAtMs: Math.min(a.firstAtMs, b.firstAtMs),
  lastAtMs: Math.max(a.lastAtMs, b.lastAtMs),
});

/**
 * What was refused of a name in one hour, the first minute that told of it, and the packed sketches of the devices that did
 * (`addPackedTogether`).
 */
export type HourOf = { name: string; hourMs: number; refused: number; firstAtMs: number; sketches: Uint8Array | null };

/** Of names, hour by hour; `isHeldBack`: of those hours alone in which something was refused or held back. */
export async function readHoursOf(
  db: Database,
  asked: AskedDetails & { names?: readonly string[]; isHeldBack?: boolean },
  take: (hour: HourOf) => void,
): Promise<void> {
  const { names, isHeldBack } = asked;
  if (names?.length === 0) return;
  await readHoursInParts({ ...asked, rows: "sketched" }, async (part) => {
    const rows = await db
      .select({
        ...{ name, hour: spansSince1970(hour, HOUR_MS / 1000), rows: countWhere(), refused: sumOf(refused) },
        ...{ firstAt: min(firstAt), sketches: packedTogether(devices) },
      })
      .from(hourDetails)
      .where(
        and(
          matching(asked, part),
          names === undefined ? undefined : inArray(name, [...names]),
          isHeldBack === true ? or(gt(refused, 0), gt(throttledMs, 0)) : undefined,
        ),
      )
      .groupBy(name, sql`2`);
    for (const { name: of, hour: nth, refused: blocked, firstAt: first, sketches } of rows) {
      const hourMs = nth * HOUR_MS;
      take({ name: of, hourMs, refused: blocked, firstAtMs: first?.getTime() ?? hourMs, sketches });
    }
    return rows.reduce((sum, row) => sum + row.rows, 0);
  });
}

/** Names that one statement looks up. */
const NAMES_AT_ONCE = 50;

/** What each name is about, as the newest hour says that holds it: each is found by the table's key. */
export async function readAbout(
  db: Database,
  asked: AskedDetails,
  names: readonly string[],
): Promise<Map<string, Record<string, unknown>>> {
  const found = new Map<string, Record<string, unknown>>();
  for (const some of partsOf(names, NAMES_AT_ONCE)) {
    const wanted = sql`jsonb_array_elements_text(${JSON.stringify(some)}::jsonb) as wanted(name)`;
    const newest = db
      .select({ about })
      .from(hourDetails)
      .where(and(matching(asked, { from: new Date(asked.sinceMs), to: null }), sql`${name} = wanted.name`))
      .orderBy(desc(hour))
      .limit(1)
      .as("newest");
    const rows = await db
      .select({ name: sql<string>`wanted.name`, about: newest.about })
      .from(wanted)
      .innerJoinLateral(newest, sql`true`);
    for (const row of rows) if (row.about !== null) found.set(row.name, row.about);
  }
  return found;
}

/** What is told of these and no roll-up holds yet. */
export async function liveDetails(
  db: Database,
  asked: AskedDetails,
): Promise<{ details: readonly LiveDetail[]; behind: string | null }> {
  const { version } = asked;
  const { details, behind } = await readLiveDetails(db, asked);
  return { details: details.filter((one) => version === undefined || one.versionCode === version), behind };
}

/** How many causes there are for what a program was refused since then; those under `~other` are not told apart. */
export async function countCauses(db: Database, asked: Omit<AskedDetails, "kind">): Promise<number> {
  const causes = { ...asked, kind: "cause" } as const;
  const sums = await sumDetails(db, causes, (await liveDetails(db, causes)).details);
  sums.delete(OTHER);
  return sums.size;
}
