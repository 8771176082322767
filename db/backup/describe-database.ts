import type { BackupHeader, BackupTable } from "./backup-format";
import type { Source } from "./connection";

/** Tables of the database itself, whatever schema it has: each comes after those that its rows refer to. */
export async function describeTables(connection: Source): Promise<BackupTable[]> {
  const columns = await connection.query<{ relation: string; name: string; type: string; sequence: string | null }>(
    `select c.relname::text as relation, a.attname::text as name,
            format_type(a.atttypid, a.atttypmod) as type,
            pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
       from pg_catalog.pg_class c
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attgenerated = ''
      order by c.relname, a.attnum`,
  );
  const tables = new Map<string, BackupTable>();
  for (const { relation, name, type, sequence } of columns) {
    const table = tables.get(relation) ?? { table: relation, columns: [], sequences: [] };
    tables.set(relation, table);
    table.columns.push({ name, type });
    if (sequence === null) continue;
    const [at] = await connection.query<{ value: string; is_called: string }>(
      `select last_value::text as value, is_called::text as is_called from ${sequence}`,
    );
    if (at !== undefined) table.sequences.push({ column: name, value: at.value, isCalled: at.is_called === "true" });
  }
  return inOrder(tables, await foreignKeys(connection));
}

async function foreignKeys(connection: Source): Promise<Map<string, string[]>> {
  const rows = await connection.query<{ relation: string; refers_to: string }>(
    `select c.relname::text as relation, r.relname::text as refers_to
       from pg_catalog.pg_constraint k
       join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_class r on r.oid = k.confrelid
      where k.contype = 'f' and k.connamespace = 'public'::regnamespace order by 1, 2`,
  );
  const keys = new Map<string, string[]>();
  for (const { relation, refers_to } of rows) keys.set(relation, [...(keys.get(relation) ?? []), refers_to]);
  return keys;
}

function inOrder(tables: ReadonlyMap<string, BackupTable>, keys: ReadonlyMap<string, string[]>): BackupTable[] {
  const ordered = new Set<BackupTable>();
  const visited = new Set<string>();
  const visit = (relation: string) => {
    const table = tables.get(relation);
    if (table === undefined || visited.has(relation)) return;
    visited.add(relation);
    for (const other of keys.get(relation) ?? []) visit(other);
    ordered.add(table);
  };
  for (const relation of tables.keys()) visit(relation);
  return [...ordered];
}

/** Migrations that were applied, oldest first; none where the database was never migrated. */
export async function appliedMigrations(connection: Source): Promise<BackupHeader["migrations"]> {
  const [table] = await connection.query<{ name: string | null }>(
    "select to_regclass('drizzle.__drizzle_migrations')::text as name",
  );
  if (table?.name == null) return [];
  const rows = await connection.query<{ sha256: string; created_at: string }>(
    "select hash as sha256, created_at::text as created_at from drizzle.__drizzle_migrations order by created_at, id",
  );
  return rows.map(({ sha256, created_at }) => ({ sha256, createdAtMs: Number(created_at) }));
}

/** The journal's record that these rows include, where there is a journal. */
export async function journalPosition(connection: Source, tables: readonly BackupTable[]) {
  if (!tables.some(({ table }) => table === "journal_records")) return null;
  const [last] = await connection.query<{ sequence: string; sha256: string }>(
    "select sequence::text as sequence, sha256 from journal_records order by journal_records.sequence desc limit 1",
  );
  return last === undefined ? null : { sequence: Number(last.sequence), sha256: last.sha256 };
}

/** The platform that the store serves; null before its first start. */
export async function platformIdOf(connection: Source, tables: readonly BackupTable[]): Promise<string | null> {
  if (!tables.some(({ table }) => table === "platform")) return null;
  const [row] = await connection.query<{ platform_id: string }>("select platform_id from platform limit 1");
  return row?.platform_id ?? null;
}
