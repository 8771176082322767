import { invariant } from "@/lib/platform/errors";
import { backupFault } from "../backup-fault";
import { type BundleFiles, keepBundle } from "../bundles/bundle-files";
import { applyMigrations, type Migration, readMigrations } from "../migrate";
import { isPartitioned, makeDay, PARTITIONED } from "../partitions";
import { onRowsOf } from "../row-too-large";
import {
  type BackupCounts,
  type BackupHeader,
  type BackupPart,
  type BackupRow,
  type BackupTable,
  charactersOf,
  noCounts,
  quoted,
} from "./backup-format";
import type { Connection } from "./connection";
import { describeTables } from "./describe-database";

/** Rows of one statement: as many as these, or as many as fit, and at least one. */
const ROWS_AT_ONCE = 50;
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;

/** How many of the program's migrations a backup had; a fault where it had others, or more. */
export function countMigrations(header: BackupHeader, migrations: readonly Migration[], path: string): number {
  for (const [index, { sha256, createdAtMs }] of header.migrations.entries()) {
    const own = migrations[index];
    if (own?.sha256 === sha256 && own.at === createdAtMs) continue;
    throw backupFault("other-schema", { path, found: `it was written by version ${header.program}` });
  }
  return header.migrations.length;
}

/**
 * Loads a backup into an empty database, inside the caller's transaction: makes the schema that the backup names, puts
 * every row into it, and brings it to this program's schema. Tables come in an order in which the database itself checks
 * every reference; bundles become files, which stay whatever becomes of the transaction, and are found again by their
 * digests. Raises a fault, named by `path`, where rows and schema do not fit.
 */
export async function loadBackup(
  connection: Connection,
  parts: AsyncIterable<BackupPart>,
  options: { migrationsFolder: string; path: string; bundles: BundleFiles },
): Promise<{ header: BackupHeader; counts: BackupCounts }> {
  const { path, migrationsFolder, bundles } = options;
  const migrations = readMigrations(migrationsFolder);
  const run = (statement: string) => connection.query<Record<string, unknown>>(statement);
  const counts = noCounts();
  let header: BackupHeader | null = null;
  let known = new Map<string, BackupTable>();
  let loader: TableLoader | null = null;
  for await (const part of parts) {
    switch (part.kind) {
      case "header":
        header = part.header;
        await applyMigrations(run, migrations.slice(0, countMigrations(header, migrations, path)));
        known = new Map((await describeTables(connection)).map((table) => [table.table, table]));
        break;
      case "file":
        counts.files += 1;
        break;
      case "table": {
        await loader?.finish();
        const { table } = part.table;
        if (!isSameTable(part.table, known.get(table))) throw backupFault("does-not-fit", { path, found: table });
        counts.tables[table] = 0;
        loader = createTableLoader(connection, part.table);
        break;
      }
      case "row":
        await loader?.add(part.row);
        if (loader !== null) counts.tables[loader.name] = (counts.tables[loader.name] ?? 0) + 1;
        break;
      case "bundle":
        await keepBundle(bundles, part.bundle.sha256, part.bundle);
        counts.bundles += 1;
        break;
      case "lacking":
        counts.lacking.push(...part.sha256);
        break;
    }
  }
  await loader?.finish();
  invariant(header !== null, "a backup that was read to its end has a header");
  await applyMigrations(run, migrations.slice(header.migrations.length));
  return { header, counts };
}

/** Types stand in statements, so they are only ever those of the schema that was made here. */
function isSameTable(said: BackupTable, known: BackupTable | undefined): boolean {
  const text = ({ columns }: BackupTable) => columns.map(({ name, type }) => `${name} ${type}`).join("\n");
  return known !== undefined && text(said) === text(known);
}

type TableLoader = { name: string; add(row: BackupRow): Promise<void>; finish(): Promise<void> };

function createTableLoader(connection: Connection, { table, columns, sequences }: BackupTable): TableLoader {
  const names = columns.map(({ name }) => quoted(name)).join(", ");
  let waiting: BackupRow[] = [];
  let characters = 0;
  const days = createDays(connection, table, columns);

  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    characters = 0;
    await days.keep(rows);
    const tuples = rows.map((_, row) => {
      const values = columns.map(({ type }, at) => `$${row * columns.length + at + 1}::text::${type}`);
      return `(${values.join(", ")})`;
    });
    await onRowsOf(table, () =>
      connection.query(`insert into ${quoted(table)} (${names}) values ${tuples.join(", ")}`, rows.flat()),
    );
  }

  return {
    name: table,
    async add(row) {
      const size = charactersOf(row);
      if (waiting.length >= ROWS_AT_ONCE || characters + size > CHARACTERS_AT_ONCE) await flush();
      waiting.push(row);
      characters += size;
    },
    async finish() {
      await flush();
      for (const { column, value, isCalled } of sequences) {
        // Digits and a truth value, so they can stand in the statement as they are.
        await connection.query(`select setval(pg_get_serial_sequence($1::text, $2::text), ${value}, ${isCalled})`, [
          quoted(table),
          column,
        ]);
      }
    },
  };
}

/** Makes the days of a partitioned table as its rows come; the schema of an older backup has none. */
function createDays(connection: Connection, table: string, columns: BackupTable["columns"]) {
  const made = new Set<string>();
  let isByDay: boolean | undefined;
  return {
    async keep(rows: readonly BackupRow[]): Promise<void> {
      if (!isPartitioned(table)) return;
      const at = columns.findIndex(({ name }) => name === PARTITIONED[table].by);
      isByDay ??=
        (await connection.query("select 1 from pg_partitioned_table where partrelid = $1::text::regclass", [table]))
          .length > 0;
      if (!isByDay) return;
      for (const statement of new Set(rows.map((row) => makeDay(table, Date.parse(row[at] ?? ""))))) {
        if (made.has(statement)) continue;
        await connection.query(statement);
        made.add(statement);
      }
    },
  };
}
