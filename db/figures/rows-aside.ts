import { sql } from "drizzle-orm";
import { isAppError } from "@/lib/platform/errors";
import { isWithoutDay } from "../partitions";
import { rowsOf } from "../rows";
import type { Database, Transaction } from "../store";
import { codesIn } from "../store-failure";
import { wordsOf } from "../store-fault";

/** Rows that were put aside, as they stood, whatever columns their tables have later. */
const ASIDE = sql`"set_aside"."rows"`;
/** So many stand aside at most: where more fail it is hardly the rows that are wrong. */
export const ROWS_ASIDE_MAX = 1_000;

/** SQLSTATEs of values: they do not fit a type or a constraint, or are too large. */
const OF_VALUES = /^(22|23|54)...$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Whether work on rows failed by what they are, which is said of few failures alone: values that the database refuses, and what
 * reckoning with them in this process stumbles over. Of all others (a store that cannot be used, a wrong statement, too little memory)
 * no row is the cause.
 */
export function failedByRows(error: unknown): boolean {
  if (isAppError(error) || isWithoutDay(error)) return false;
  const state = codesIn(error).find((code) => SQLSTATE.test(code));
  if (state !== undefined) return OF_VALUES.test(state);
  return (
    error instanceof TypeError || (error instanceof RangeError && !/allocation|string length/i.test(error.message))
  );
}

/**
 * Moves a row of `telemetry_minutes` to `set_aside.rows`, by its key, with what its work failed with. "gone" where it is not there
 * any more, "full" where so many stand aside that this one stays.
 */
export async function setRowAside(
  { db }: Transaction,
  { at, id }: { at: Date; id: number },
  told: { at: Date; error: unknown },
): Promise<"aside" | "gone" | "full"> {
  await db.execute(sql`create schema if not exists "set_aside"`);
  // Not jsonb, which does not take every text that a row may have.
  await db.execute(
    sql`create table if not exists ${ASIDE} (relation text not null, at timestamptz not null, says text not null, told json not null)`,
  );
  const [there] = await rowsOf<{ count: number }>(db, sql`select count(*)::float8 as count from ${ASIDE}`);
  if (there === undefined || there.count >= ROWS_ASIDE_MAX) return "full";
  const says = wordsOf(told.error instanceof Error ? (told.error.cause ?? told.error) : told.error);
  const rows = await rowsOf(
    db,
    sql`with gone as (delete from telemetry_minutes where at = ${at.toISOString()}::timestamptz and id = ${id} returning *)
        insert into ${ASIDE} select 'telemetry_minutes', ${told.at.toISOString()}::timestamptz, ${says}, to_json(gone) from gone
        returning relation`,
  );
  return rows.length > 0 ? "aside" : "gone";
}

/** How many rows were put aside and are still there, in words, by table. */
export async function countRowsAside(db: Database): Promise<string[]> {
  const [there] = await rowsOf<{ is: boolean }>(db, sql`select to_regclass('set_aside.rows') is not null as is`);
  if (there?.is !== true) return [];
  const rows = await rowsOf<{ relation: string; count: number }>(
    db,
    sql`select relation, count(*)::float8 as count from ${ASIDE} group by relation order by relation`,
  );
  return rows.map(({ relation, count }) => `${count} ${count === 1 ? "row" : "rows"} of ${relation}`);
}
