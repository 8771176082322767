import { and, eq, gte, inArray } from "drizzle-orm";
import { hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { sumOf } from "@/db/sums";
import type { ToldRefusal } from "@/lib/domain/denials/replay";
import { OTHER } from "@/native/core/telemetry/other";
import { HOUR_MS } from "../measures/windows";

const MINUTE_MS = 60_000;

/** By which name details count what was refused. */
export type Counted = { kind: "host" | "api"; name: string };

/** Null where nothing counts it. */
export function countedAs({ host, port, purpose, api }: ToldRefusal): Counted | null {
  if (host !== null && port !== null && purpose !== null) return { kind: "host", name: `${host}:${port}:${purpose}` };
  return api === null ? null : { kind: "api", name: api };
}

type Since = {
  appId: string;
  versionCode: number;
  countedKind: Counted["kind"];
  countedName: string;
  at: Date;
  /** Of the program's document; 0 where the decision made none in the epoch of today, in which they began anew. */
  leastRevision: number;
};

/**
 * What hours tell that went through since a decision, in rows of which the first minute began after it. From there on it is counted
 * as minutes close, which know more of each.
 */
export async function readThrough(
  db: Database,
  { appId, versionCode, countedKind, countedName, leastRevision, at }: Since,
): Promise<{ through: number; isAtLeast: boolean }> {
  const { hour, firstAt, allowed, programRevision, name } = hourDetails;
  const rows = await db
    .select({ name, through: sumOf(allowed) })
    .from(hourDetails)
    .where(
      and(
        eq(hourDetails.appId, appId),
        eq(hourDetails.kind, countedKind),
        inArray(name, [countedName, OTHER]),
        eq(hourDetails.versionCode, versionCode),
        gte(hour, new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)),
        gte(firstAt, new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)),
        gte(programRevision, leastRevision),
      ),
    )
    .groupBy(name);
  const of = (asked: string) => rows.find((row) => row.name === asked)?.through ?? 0;
  return { through: of(countedName), isAtLeast: of(OTHER) > 0 };
}
