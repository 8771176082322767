import { and, isNull, notInArray, sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { membersOf, numberOf, sumOf } from "@/db/sums";
import { COUNTED_REASONS } from "@/native/core/telemetry/discard-reasons";

/**
 * Samples that devices had to drop since they were enrolled; of revoked devices nothing counts. What was left out on
 * purpose is not lost: its counts stand in the device-minutes.
 */
export async function countLostSamples(db: Database): Promise<number> {
  const [row] = await db
    .select({ lost: sumOf(numberOf(sql`reason.value`)) })
    .from(devices)
    .innerJoin(sql`${membersOf(devices.discarded)} as reason`, sql`true`)
    .where(and(isNull(devices.revokedAt), notInArray(sql`reason.key`, [...COUNTED_REASONS])));
  return row?.lost ?? 0;
}
