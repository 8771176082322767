import { is, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, PgTable } from "drizzle-orm/pg-core";
import { TABLES } from "../journal/journaled-tables";
import { isPartitioned, makeDay } from "../partitions";
import { rowsOf } from "../rows";
import * as schema from "../schema";
import type { Database } from "../store";

const INSTANT = "2026-03-01T12:34:56.789Z";
const SHARED: Readonly<Record<string, string>> = {
  app_id: "com.example.filled",
  publisher_id: "publishers_1",
  person_id: "people_1",
  change_set_id: "change_sets_1",
};
const INTERNAL = new Set(["journal_changes", "journal_records"]);

const exported = Object.values<unknown>(schema).filter((table): table is PgTable => is(table, PgTable));

/** Tables in an order in which each comes after those that it refers to. */
function inOrder(): PgTable[] {
  const ordered: PgTable[] = [];
  const visit = (table: PgTable) => {
    if (ordered.includes(table)) return;
    for (const key of getTableConfig(table).foreignKeys) visit(key.reference().foreignTable);
    ordered.push(table);
  };
  for (const table of exported) visit(table);
  return ordered.filter((table) => !INTERNAL.has(getTableConfig(table).name));
}

function valueFor(relation: string, column: PgColumn): SQL {
  const type = column.getSQLType();
  const shared = SHARED[column.name];
  if (shared !== undefined) return sql`${shared}`;
  if (type === "json" || type === "jsonb") {
    return sql.raw(`'{"nested": [1, "12", null, {"deep": true}]}'::${type}`);
  }
  if (type === "bytea") return sql.raw(`'\\x00ff5c'::bytea`);
  if (type === "boolean") return sql.raw("true");
  if (type.startsWith("timestamp")) return sql.raw(`'${INSTANT}'::timestamptz`);
  if (type.startsWith("bit")) return sql.raw(`repeat('1', 1440)::${type}`);
  if (/int|serial|numeric/.test(type)) return sql.raw("1");
  return sql`${column.enumValues?.[0] ?? `${relation}_1`}`;
}

/** Puts one row, with every column set, into every table. Values are made from types and names alone. */
export async function fillTables(db: Database): Promise<void> {
  for (const table of inOrder()) {
    const { name, columns } = getTableConfig(table);
    if (isPartitioned(name)) await db.execute(sql.raw(makeDay(name, Date.parse(INSTANT))));
    const names = sql.join(
      columns.map((column) => sql.identifier(column.name)),
      sql`, `,
    );
    const values = sql.join(
      columns.map((column) => valueFor(name, column)),
      sql`, `,
    );
    await db.execute(sql`insert into ${sql.identifier(name)} (${names}) values (${values})`);
  }
}

/** Every row of every table that the journal keeps whole, as JSON text, by relation. */
export async function dumpJournaled(db: Database): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {};
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep === "rows") dump[relation] = await dumpTable(db, relation);
  }
  return dump;
}

export async function dumpTable(db: Database, relation: string): Promise<string[]> {
  const rows = await rowsOf<{ row: string }>(
    db,
    sql`select to_jsonb(t)::text as row from ${sql.identifier(relation)} t order by to_jsonb(t)::text`,
  );
  return rows.map(({ row }) => row);
}
