import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { rowsOf } from "./rows";
import type { Database } from "./store";

/**
 * Many rows in one statement with one parameter: they go as JSON and are taken apart by the database, which is several times as
 * quick as a parameter for each value. Values are those of the table's type; bytes, instants and JSON too.
 */
function recordset(table: PgTable, rows: readonly object[]) {
  const names = Object.keys(rows[0] ?? {});
  const { name: relation, columns } = getTableConfig(table);
  const named = new Map(Object.entries(table).map(([key, column]) => [key, column as (typeof columns)[number]]));
  const told = names.map((key) => {
    const column = named.get(key);
    if (column === undefined) throw new TypeError(`${relation} has no ${key}`);
    return { key, name: column.name, type: column.getSQLType() };
  });
  const values = rows.map((row) => {
    const members = new Map<string, unknown>(Object.entries(row));
    return Object.fromEntries(told.map(({ key, name }) => [name, spelt(members.get(key))]));
  });
  const list = sql.join(
    told.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );
  const types = told.map(({ name, type }) => `"${name}" ${type}`).join(", ");
  return {
    relation,
    list,
    told,
    from: sql`json_to_recordset(${JSON.stringify(values)}::json) as told(${sql.raw(types)})`,
  };
}

const spelt = (value: unknown): unknown =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : value;

/** Inserts rows that all have the same members; `after` is what follows, as `on conflict do nothing returning id`. */
export async function insertRows<T extends PgTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
  after: SQL = sql``,
): Promise<Record<string, unknown>[]> {
  const { relation, list, from } = recordset(table, rows);
  return await rowsOf(db, sql`insert into ${sql.identifier(relation)} (${list}) select ${list} from ${from} ${after}`);
}

/** Inserts rows, each in place of the one that has its key. */
export async function putRows<T extends PgTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
): Promise<void> {
  const keys = new Set(getTableConfig(table).primaryKeys[0]?.columns.map(({ name }) => name));
  const { told } = recordset(table, rows);
  const identifiers = (names: readonly string[]) =>
    sql.join(
      names.map((name) => sql.identifier(name)),
      sql`, `,
    );
  const others = told.flatMap(({ name }) => (keys.has(name) ? [] : [name]));
  const set = sql.join(
    others.map((name) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`),
    sql`, `,
  );
  await insertRows(db, table, rows, sql`on conflict (${identifiers([...keys])}) do update set ${set}`);
}

/** Whether these members of a row are those of one of `keys`, which may repeat. */
export function isAnyOf<T extends PgTable, Name extends keyof T["$inferInsert"] & string>(
  table: T,
  names: readonly Name[],
  keys: readonly Pick<T["$inferSelect"], Name>[],
): SQL {
  const distinct = new Map(keys.map((key) => [JSON.stringify(names.map((name) => key[name])), key]));
  const rows = [...distinct.values()].map((key) => Object.fromEntries(names.map((name) => [name, key[name]])));
  if (rows.length === 0) return sql`false`;
  const { list, relation, told, from } = recordset(table, rows);
  const own = told.map(({ name }) => sql`${sql.identifier(relation)}.${sql.identifier(name)}`);
  return sql`(${sql.join(own, sql`, `)}) in (select ${list} from ${from})`;
}
