import { type Column, type SQL, type SQLWrapper, sql } from "drizzle-orm";

/**
 * How many of a list's rows are read at once, by what their JSON comes to: others choose how much that is. First by the bytes
 * that are stored, which are known without unpacking any, then by those of the text, so that what is unpacked is bounded too.
 */

const together = (sizes: SQL[]): SQL => sql`(${sql.join(sizes, sql` + `)})`;

/** SQL: how many bytes these values of a row have as they are stored, perhaps packed. */
export const storedBytes = (values: readonly (Column | SQL.Aliased)[]): SQL =>
  together(values.map((value) => sql`coalesce(pg_column_size(${value}), 0)`));

/** SQL: how many bytes they have as text. */
export const textBytes = (values: readonly (Column | SQL.Aliased)[]): SQL =>
  together(values.map((value) => sql`coalesce(octet_length(${value}::text), 0)`));

/** SQL: what the rows before this one come to, in this order: nothing for the first. Of each row the value is found once. */
export const sumBefore = (value: SQL, order: SQLWrapper): SQL<number> =>
  sql<number>`coalesce(sum(${value}) over (order by ${order} rows between unbounded preceding and 1 preceding), 0)`.mapWith(
    Number,
  );
