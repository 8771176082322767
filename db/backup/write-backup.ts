import { createHash } from "node:crypto";
import { createGzip } from "node:zlib";
import type { BundleBytes, BundleFiles } from "../bundles/bundle-files";
import { createFetchPace } from "../fetch-pace";
import { onRowsOf } from "../row-too-large";
import {
  type BackupCounts,
  type BackupFile,
  type BackupHeader,
  type BackupTable,
  charactersOf,
  LEFT_OUT,
  LINE_BYTES_MAX,
  noCounts,
  quoted,
} from "./backup-format";
import type { Source } from "./connection";
import { appliedMigrations, describeTables, journalPosition, platformIdOf } from "./describe-database";
import { throughZlib } from "./through-zlib";

const ROWS_AT_ONCE = 50;
const PIECE_BYTES = 1024 * 1024;
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;
/** Deflate finds little in digests and bundles; more effort costs time and gains nothing. */
const LEVEL = 3;

export type BackupInput = {
  connection: Source;
  /** What lies beside the store and belongs to it. */
  files: readonly BackupFile[];
  bundles: Pick<BundleFiles, "read">;
  about: Pick<BackupHeader, "takenAt" | "cause" | "program">;
};

/**
 * A backup as a stream of bytes, not sealed yet: every row of every table in one snapshot, read a few rows at a time by
 * what the database itself says of its tables, so that any schema can be written; then the bundles that those rows name,
 * from their files. Rows come out as Postgres writes them as text, which loses nothing. A bundle whose file is not whole
 * is named in the end. The connection has no open transaction before and after.
 */
export function writeBackup(input: BackupInput): AsyncGenerator<Uint8Array> {
  return throughZlib(createGzip({ level: LEVEL }), withEnd(input));
}

async function* withEnd(input: BackupInput): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  const counts = noCounts();
  for await (const line of lines(input, counts)) {
    const bytes = await onRowsOf(Object.keys(counts.tables).at(-1) ?? "", async () => bytesOf(line));
    hash.update(bytes);
    yield bytes;
  }
  yield Buffer.from(`${JSON.stringify({ end: counts, sha256: hash.digest("hex") })}\n`);
}

function bytesOf(line: unknown): Buffer {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  if (bytes.length <= LINE_BYTES_MAX) return bytes;
  throw new RangeError(`Invalid string length: ${bytes.length} bytes`);
}

/** Everything but the end, and how much of it there is. */
async function* lines(
  { connection, files, bundles, about }: BackupInput,
  counts: BackupCounts,
): AsyncGenerator<unknown> {
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
    for (const sha256 of await bundlesInFiles(connection, tables)) {
      const bundle = await bundles.read(sha256);
      if (bundle === null) counts.lacking.push(sha256);
      else yield* linesOf(sha256, bundle);
      if (bundle !== null) counts.bundles += 1;
    }
  } finally {
    await connection.query("rollback");
  }
}

/** Digests of the bundles whose bytes no row has; a schema of before has all of them in rows. */
async function bundlesInFiles(connection: Source, tables: readonly BackupTable[]): Promise<string[]> {
  const columns = tables.find(({ table }) => table === "bundles")?.columns ?? [];
  if (!columns.some(({ name }) => name === "state")) return [];
  const rows = await connection.query<{ sha256: string }>(
    "select sha256 from bundles where content is null and state <> 'removed' order by sha256",
  );
  return rows.map(({ sha256 }) => sha256);
}

function* linesOf(sha256: string, { content, signature }: BundleBytes): Generator<unknown> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const pieces = Math.ceil(content.length / PIECE_BYTES);
  yield { bundle: sha256, signature: base64(signature), pieces };
  for (let at = 0; at < pieces; at += 1) {
    yield { piece: base64(content.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES)) };
  }
}

async function* rowsOf(connection: Source, { table, columns }: BackupTable): AsyncGenerator<(string | null)[]> {
  if (columns.length === 0) return;
  const values = columns.map(({ name }, at) => `${quoted(name)}::text as c${at}`).join(", ");
  // A bundle of before alone is tens of megabytes.
  const pace = createFetchPace(columns.some(({ type }) => type === "bytea") ? 1 : ROWS_AT_ONCE, CHARACTERS_AT_ONCE);
  await connection.query(`declare backup_rows no scroll cursor for select ${values} from ${quoted(table)}`);
  for (;;) {
    const asked = pace.rows;
    const rows = await onRowsOf(table, () =>
      connection.query<Record<string, string | null>>(`fetch ${asked} from backup_rows`),
    );
    let characters = 0;
    for (const row of rows) {
      const values = columns.map((_, at) => row[`c${at}`] ?? null);
      characters += charactersOf(values);
      yield values;
    }
    pace.saw(rows.length, characters);
    if (rows.length < asked) break;
  }
  await connection.query("close backup_rows");
}
