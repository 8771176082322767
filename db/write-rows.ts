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
  const byKey = new Map(Object.entries(table).map(([key, column]) => [key, column as (typeof columns)[number]]));
  const told = names.map((key, index) => {
    const column = byKey.get(key);
    if (column === undefined) throw new TypeError(`${relation} has no ${key}`);
    return { key, short: `c${index}`, name: column.name, type: column.getSQLType() };
  });
  // Short names, and nothing where there is nothing: the database reads each of them.
  const values = rows.map((row) => {
    const members = row as Readonly<Record<string, unknown>>;
    const value: Record<string, unknown> = {};
    for (const { key, short } of told) {
      const member = members[key];
      if (member !== null && member !== undefined) value[short] = spelt(member);
    }
    return value;
  });
  const list = sql.join(
    told.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );
  const named = told.map(({ short, name }) => `${short} as "${name}"`).join(", ");
  const types = told.map(({ short, type }) => `${short} ${type}`).join(", ");
  return {
    relation,
    list,
    told,
    from: sql`(select ${sql.raw(named)} from json_to_recordset(${JSON.stringify(values)}::json) as sent(${sql.raw(types)})) as told`,
  };
}

const spelt = (value: unknown): unknown =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : value;

/**
 * The statement that inserts rows that all have the same members: rows are spelt here, so that to run it costs this thread nothing more.
 * `after` is what follows, as `on conflict do nothing returning id`.
 */
export function inserting<T extends PgTable>(table: T, rows: readonly T["$inferInsert"][], after: SQL = sql``): SQL {
  const { relation, list, from } = recordset(table, rows);
  return sql`insert into ${sql.identifier(relation)} (${list}) select ${list} from ${from} ${after}`;
}

/** Inserts rows, as `inserting` has them. */
export async function insertRows<T extends PgTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
  after?: SQL,
): Promise<Record<string, unknown>[]> {
  return await rowsOf(db, inserting(table, rows, after));
}

/** The same, each row in place of the one that has its key. */
export function putting<T extends PgTable>(table: T, rows: readonly T["$inferInsert"][]): SQL {
  const keys = new Set(getTableConfig(table).primaryKeys[0]?.columns.map(({ name }) => name));
  const { relation, list, told, from } = recordset(table, rows);
  const identifiers = [...keys].map((name) => sql.identifier(name));
  const set = told.flatMap(({ name }) =>
    keys.has(name) ? [] : [sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`],
  );
  return sql`insert into ${sql.identifier(relation)} (${list}) select ${list} from ${from}
        on conflict (${sql.join(identifiers, sql`, `)}) do update set ${sql.join(set, sql`, `)}`;
}

/** Inserts rows, each in place of the one that has its key. */
export async function putRows<T extends PgTable>(
  db: Database,
  table: T,
  rows: readonly T["$inferInsert"][],
): Promise<void> {
  await rowsOf(db, putting(table, rows));
}

/** Writes members of rows that are there, each found by its key, which stands once among them; one that is not there is passed over. */
export async function updateRows<T extends PgTable>(
  db: Database,
  table: T,
  rows: readonly Partial<T["$inferInsert"]>[],
): Promise<void> {
  const { columns, primaryKeys } = getTableConfig(table);
  const keys = new Set((primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary)).map(({ name }) => name));
  const { relation, told, from } = recordset(table, rows);
  const own = (name: string) => sql`${sql.identifier(relation)}.${sql.identifier(name)}`;
  const set = told.flatMap(({ name }) =>
    keys.has(name) ? [] : [sql`${sql.identifier(name)} = told.${sql.identifier(name)}`],
  );
  const found = [...keys].map((name) => sql`${own(name)} = told.${sql.identifier(name)}`);
  await rowsOf(
    db,
    sql`update ${sql.identifier(relation)} set ${sql.join(set, sql`, `)} from ${from} where ${sql.join(found, sql` and `)}`,
  );
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
