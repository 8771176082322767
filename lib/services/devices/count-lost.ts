import { sql } from "drizzle-orm";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";

/**
 * Samples that devices had to drop since they were enrolled. What was sampled away on purpose is not lost: its counts
 * stand in the device-minutes.
 */
export async function countLostSamples(db: Database): Promise<number> {
  const [row] = await db
    .select({
      lost: sql<number>`coalesce(sum((
        select sum(value::bigint) from jsonb_each_text(${devices.discarded}) where key <> 'sampled'
      )), 0)::int`,
    })
    .from(devices);
  return row?.lost ?? 0;
}
