import { is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { rowsOf } from "./rows";
import * as schema from "./schema";
import type { Database } from "./store";

const TABLES = Object.values<unknown>(schema)
  .filter((table): table is PgTable => is(table, PgTable))
  .map(getTableConfig);

/**
 * Looks at every column of the first row of every table, and so finds one that is gone or cannot be read; answers with how
 * many tables there are. No value is unpacked, however long it is.
 */
export async function readEachTable(db: Database): Promise<number> {
  const reads = TABLES.map(({ name, columns }) => {
    const named = sql.join(
      columns.map((column) => sql.identifier(column.name)),
      sql`, `,
    );
    return sql`(select num_nulls(${named}) from ${sql.identifier(name)} limit 1)`;
  });
  await rowsOf(db, sql`select ${sql.join(reads, sql`, `)}`);
  return TABLES.length;
}
