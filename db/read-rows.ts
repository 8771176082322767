import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { rowsOf } from "./rows";
import type { Database } from "./store";

/**
 * Many rows of a table in one value: they come as JSON, which is several times as quick as a field for each value. `after` is what
 * follows the table's name, as `where … order by … limit …`; `from` a query with its columns that is called as the table, to take them
 * from. Not for tables with bytes.
 */
export async function readRows<T extends PgTable>(
  db: Database,
  table: T,
  after: SQL,
  from?: SQL,
): Promise<T["$inferSelect"][]> {
  const { name: relation, columns } = getTableConfig(table);
  const keys = new Map(Object.entries(table).map(([key, column]) => [column, key]));
  const told = columns.map((column) => ({ name: column.name, key: keys.get(column) ?? "", type: column.getSQLType() }));
  const list = sql.join(
    told.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );
  const [row] = await rowsOf<{ rows: unknown[][] | null }>(
    db,
    sql`select json_agg(json_build_array(${list})) as rows from (select ${list} from ${from ?? sql.identifier(relation)} ${after}) told`,
  );
  const instants = told.flatMap(({ key, type }) => (type.startsWith("timestamp") ? [key] : []));
  return (row?.rows ?? []).map((values) => {
    const members: Record<string, unknown> = {};
    for (let index = 0; index < told.length; index += 1) members[told[index]?.key ?? ""] = values[index];
    for (const key of instants) if (typeof members[key] === "string") members[key] = new Date(members[key]);
    // Safe: a member for each column, as its type is read.
    return members as T["$inferSelect"];
  });
}
