import { createHash } from "node:crypto";
import { createGzip } from "node:zlib";
import {
  type BackupCounts,
  type BackupFile,
  type BackupHeader,
  type BackupTable,
  LEFT_OUT,
  quoted,
} from "./backup-format";
import type { Source } from "./connection";
import { appliedMigrations, describeTables, journalPosition, platformIdOf } from "./describe-database";
import { throughZlib } from "./through-zlib";

const ROWS_AT_ONCE = 50;
/** Deflate finds little in digests and bundles; more effort costs time and gains nothing. */
const LEVEL = 3;

export type BackupInput = {
  connection: Source;
  /** What lies beside the store and belongs to it. */
  files: readonly BackupFile[];
  about: Pick<BackupHeader, "takenAt" | "cause" | "program">;
};

/**
 * A backup as a stream of bytes, not sealed yet: every row of every table in one snapshot, read a few rows at a time by
 * what the database itself says of its tables, so that any schema can be written. Rows come out as Postgres writes them
 * as text, which loses nothing. The connection has no open transaction before and after.
 */
export function writeBackup(input: BackupInput): AsyncGenerator<Uint8Array> {
  return throughZlib(createGzip({ level: LEVEL }), withEnd(input));
}

async function* withEnd(input: BackupInput): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  const counts: BackupCounts = { files: 0, tables: {} };
  for await (const line of lines(input, counts)) {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    hash.update(bytes);
    yield bytes;
  }
  yield Buffer.from(`${JSON.stringify({ end: counts, sha256: hash.digest("hex") })}\n`);
}

/** Everything but the end, and how much of it there is. */
async function* lines({ connection, files, about }: BackupInput, counts: BackupCounts): AsyncGenerator<unknown> {
  await connection.query("begin isolation level repeatable read, read only");
  try {
    // Text that does not depend on how the server is set.
    await connection.query("set local timezone = 'UTC'");
    await connection.query("set local datestyle = 'ISO, YMD'");
    await connection.query("set local bytea_output = 'hex'");
    await connection.query("set local extra_float_digits = 1");
    const tables = await describeTables(connection);
    const header: BackupHeader = {
      format: "bulkhead-backup-1",
      ...about,
      store: connection.kind,
      platformId: await platformIdOf(connection, tables),
      migrations: await appliedMigrations(connection),
      journal: await journalPosition(connection, tables),
    };
    yield header;
    for (const { path, text } of files) {
      yield { file: path, text };
      counts.files += 1;
    }
    for (const table of tables) {
      if (LEFT_OUT.has(table.table)) continue;
      yield table;
      counts.tables[table.table] = 0;
      for await (const row of rowsOf(connection, table)) {
        yield row;
        counts.tables[table.table] = (counts.tables[table.table] ?? 0) + 1;
      }
    }
  } finally {
    await connection.query("rollback");
  }
}

async function* rowsOf(connection: Source, { table, columns }: BackupTable): AsyncGenerator<(string | null)[]> {
  if (columns.length === 0) return;
  const values = columns.map(({ name }, at) => `${quoted(name)}::text as c${at}`).join(", ");
  // A bundle alone is tens of megabytes.
  const atOnce = columns.some(({ type }) => type === "bytea") ? 1 : ROWS_AT_ONCE;
  await connection.query(`declare backup_rows no scroll cursor for select ${values} from ${quoted(table)}`);
  for (;;) {
    const rows = await connection.query<Record<string, string | null>>(`fetch ${atOnce} from backup_rows`);
    for (const row of rows) yield columns.map((_, at) => row[`c${at}`] ?? null);
    if (rows.length < atOnce) break;
  }
  await connection.query("close backup_rows");
}
