import { type Column, type SQL, type SQLWrapper, sql } from "drizzle-orm";

/**
 * Numbers over columns that others fill: reckoned in SQL as numeric, held within 0 … 2^53−1, and a JavaScript number on
 * both drivers. No read narrows a number by a cast of its own (`scripts/house/check-sql-numbers.ts`): one row that is
 * greater than the cast's type would fail the whole page.
 */

const MOST = sql.raw(String(Number.MAX_SAFE_INTEGER));

const held = (value: SQLWrapper): SQL<number> =>
  sql<number>`least(greatest(coalesce(${value}, 0), 0), ${MOST})`.mapWith(Number);

/** The sum over a group, of the rows that meet the condition; nothing adds up to 0, and what is past 2^53−1 stays there. */
export const sumOf = (value: SQLWrapper, condition?: SQL): SQL<number> =>
  held(condition === undefined ? sql`sum(${value})` : sql`sum(${value}) filter (where ${condition})`);

/** How many rows of a group meet the condition; all, without one. */
export const countWhere = (condition?: SQL): SQL<number> =>
  condition === undefined
    ? sql<number>`count(*)`.mapWith(Number)
    : sql<number>`count(*) filter (where ${condition})`.mapWith(Number);

/** How many different values a group has, among the rows that meet the condition. */
export const countDistinct = (value: SQLWrapper, condition?: SQL): SQL<number> =>
  condition === undefined
    ? sql<number>`count(distinct ${value})`.mapWith(Number)
    : sql<number>`count(distinct ${value}) filter (where ${condition})`.mapWith(Number);

/** The number of whole spans of `seconds` between 1970 and an instant. */
export const spansSince1970 = (at: Column, seconds: number): SQL<number> =>
  sql<number>`floor(extract(epoch from ${at}) / ${sql.raw(String(Math.floor(seconds)))})`.mapWith(Number);

/** The number that a JSON value is: 0 where another value, or none, is stored. */
export const numberOf = (json: SQL): SQL<number> =>
  held(sql`case when jsonb_typeof(${json}) = 'number' then (${json})::numeric else 0 end`);

/** Names and values of a stored JSON object, for a join; none where another value is stored. */
export const membersOf = (column: Column): SQL =>
  sql`jsonb_each(case when jsonb_typeof(${column}) = 'object' then ${column} else '{}'::jsonb end)`;
