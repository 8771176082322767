import { and, desc, eq, gte, inArray, max, min, ne, type SQL } from "drizzle-orm";
import { type DetailKind, hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct, sumOf } from "@/db/sums";
import { OTHER } from "@/native/core/telemetry/batch";
import { type LiveDetail, readLiveDetails } from "./live";

/** What of a program's details is asked for; `~other` is in none of them. */
export type AskedDetails = {
  appId: string;
  kind: DetailKind;
  sinceMs: number;
  version?: number | undefined;
  names?: readonly string[] | undefined;
};

const { name, hour, versionCode, allowed, refused, throttledMs, firstAt, lastAt, about, devices } = hourDetails;

const matching = ({ appId, kind, sinceMs, version, names }: AskedDetails): SQL | undefined =>
  and(
    eq(hourDetails.appId, appId),
    eq(hourDetails.kind, kind),
    gte(hour, new Date(sinceMs)),
    ne(name, OTHER),
    version === undefined ? undefined : eq(versionCode, version),
    names === undefined ? undefined : inArray(name, [...names]),
  );

/** Each name with what was counted of it in all, those that were refused most first; `most` of them. */
export const sumDetails = (db: Database, asked: AskedDetails, most: number) =>
  db
    .select({
      name,
      allowed: sumOf(allowed),
      refused: sumOf(refused),
      throttledMs: sumOf(throttledMs),
      sinceVersion: min(versionCode),
      firstAt: min(firstAt),
      lastAt: max(lastAt),
    })
    .from(hourDetails)
    .where(matching(asked))
    .groupBy(name)
    .orderBy(desc(sumOf(refused)), name)
    .limit(most);

/** Hour by hour: how often a name was refused and held back, with the devices that told of it, packed. */
export const hoursOfDetails = (db: Database, asked: AskedDetails) =>
  db
    .select({ name, hour, refused, throttledMs, firstAt, lastAt, about, devices })
    .from(hourDetails)
    .where(matching(asked));

/** How many names there are, and how often they were refused in all. */
export async function countDetails(db: Database, asked: AskedDetails): Promise<{ names: number; refused: number }> {
  const [row] = await db
    .select({ names: countDistinct(name), refused: sumOf(refused) })
    .from(hourDetails)
    .where(matching(asked));
  return row ?? { names: 0, refused: 0 };
}

/** What is told of these and no roll-up holds yet. */
export async function liveDetails(
  db: Database,
  asked: AskedDetails,
): Promise<{ details: readonly LiveDetail[]; behind: string | null }> {
  const { version, names } = asked;
  const { details, behind } = await readLiveDetails(db, asked);
  return {
    details: details.filter(
      (one) =>
        one.name !== OTHER &&
        (version === undefined || one.versionCode === version) &&
        (names === undefined || names.includes(one.name)),
    ),
    behind,
  };
}

/** How many causes there are for what a program was refused since then, what no roll-up holds yet included. */
export async function countCauses(db: Database, appId: string, sinceMs: number): Promise<number> {
  const asked = { appId, kind: "cause", sinceMs } as const;
  const live = [...new Set((await liveDetails(db, asked)).details.map((detail) => detail.name))];
  const known = live.length === 0 ? [] : await sumDetails(db, { ...asked, names: live }, live.length);
  return (await countDetails(db, asked)).names + live.length - known.length;
}
