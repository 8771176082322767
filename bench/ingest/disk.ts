import { sql } from "drizzle-orm";
import { rowsOf } from "../../db/rows";
import type { Database } from "../../db/store";

const DEVICES = 1_000;
const PROGRAMS = 3;
const MINUTES_A_DAY = 1_440;
/** So many answers are measured that pages and indexes count for what they are. */
const ANSWERS = 20_000;
/** A row that is written again leaves the room of its former self until that is used anew. */
const WRITTEN_AGAIN = 2;
/** Rows that stand at the fullest moment of a week, each device reporting every 60 s; a day's rows leave when its last is too old. */
const STANDING: Readonly<Record<string, number>> = {
  // Of the minute under way and of those that wait to be folded.
  telemetry_minutes: DEVICES * PROGRAMS * 4 * WRITTEN_AGAIN,
  device_minutes: DEVICES * PROGRAMS * MINUTES_A_DAY * 3,
  telemetry_batches: DEVICES * MINUTES_A_DAY * 8,
  fleet_minutes: PROGRAMS * MINUTES_A_DAY * 3 * WRITTEN_AGAIN,
  hour_rollups: PROGRAMS * 24 * 7 * WRITTEN_AGAIN,
  // Of each program as many hosts and causes as are kept of a day, in every hour.
  hour_details: PROGRAMS * 24 * 7 * 400 * WRITTEN_AGAIN,
};

/** Bytes a row with its part of the indexes, as measured with nothing left of former rows, and what they come to. */
export async function measureDisk(db: Database, store: string): Promise<Record<string, string | number>[]> {
  await db.execute(sql`insert into telemetry_batches (batch, body, received_at, accepted, interval_seconds, sampling)
    select substring(sha256(convert_to(n::text, 'UTF8')) for 16), substring(sha256(convert_to('b' || n, 'UTF8')) for 16),
      (select max(received_at) from telemetry_batches), 35, 60, 100 from generate_series(1, ${sql.raw(String(ANSWERS))}) n`);
  const rows: Record<string, string | number>[] = [];
  let total = 0;
  for (const [relation, standing] of Object.entries(STANDING)) {
    const table = sql.identifier(relation);
    if (relation !== "telemetry_batches") await db.execute(sql`vacuum full ${table}`);
    const [found] = await rowsOf<{ bytes: number; count: number }>(
      db,
      sql`select (select sum(pg_total_relation_size(relid)) from pg_partition_tree(${relation}::regclass))::float8 as bytes,
          (select count(*) from ${table})::float8 as count`,
    );
    if (found === undefined || found.count === 0) continue;
    const each = found.bytes / found.count;
    total += each * standing;
    rows.push({ store, what: `${relation}, bytes a row`, figure: each, "rows standing": standing });
  }
  rows.push({ store, what: "a week of 1,000 devices × 3 programs, GB", figure: total / 1e9 });
  return rows;
}
