import { sql } from "drizzle-orm";
import { rowsOf } from "../../db/rows";
import type { Database } from "../../db/store";

const DEVICES = 1_000;
const PROGRAMS = 3;
const MINUTES_A_DAY = 1_440;
/** Rows that stand at the fullest moment of a week, each device reporting every 60 s; a day's rows leave when its last is too old. */
const STANDING: Readonly<Record<string, number>> = {
  // Those of the minute under way and of the two that wait to be folded, and as much again until their room is used anew.
  telemetry_minutes: DEVICES * PROGRAMS * 3 * 2,
  device_minutes: DEVICES * PROGRAMS * MINUTES_A_DAY * 3,
  telemetry_batches: DEVICES * MINUTES_A_DAY * 8,
  fleet_minutes: PROGRAMS * MINUTES_A_DAY * 3,
  hour_rollups: PROGRAMS * 24 * 7,
  // Of each program as many hosts and causes as are kept of a day.
  hour_details: PROGRAMS * 24 * 7 * 400,
};

/** Bytes a row with its part of the indexes, as measured, and what they come to. */
export async function measureDisk(db: Database, store: string): Promise<Record<string, string | number>[]> {
  const rows: Record<string, string | number>[] = [];
  let total = 0;
  for (const [relation, standing] of Object.entries(STANDING)) {
    const [found] = await rowsOf<{ bytes: number; count: number }>(
      db,
      sql`select (select sum(pg_total_relation_size(relid)) from pg_partition_tree(${relation}::regclass))::float8 as bytes,
          (select count(*) from ${sql.identifier(relation)})::float8 as count`,
    );
    if (found === undefined || found.count === 0) continue;
    const each = found.bytes / found.count;
    total += each * standing;
    rows.push({ store, what: `${relation}, bytes a row`, figure: each, "rows standing": standing });
  }
  rows.push({ store, what: "a week of 1,000 devices × 3 programs, GB", figure: total / 1e9 });
  return rows;
}
