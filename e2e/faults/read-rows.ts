import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { openPostgresConnection } from "@/db/backup/connection";

export type Row = Record<string, unknown>;
/** Reads the rows of a store as they lie there, without any of the program's own readers. */
export type Rows = { query(sql: string): Promise<Row[]>; close(): Promise<void> };

/** Of an embedded store whose server is stopped: a copy is opened, so that looking changes nothing. */
export async function rowsOfFolder(dataDir: string): Promise<Rows> {
  const copy = mkdtempSync(join(tmpdir(), "bulkhead-look-"));
  cpSync(join(dataDir, "store"), copy, { recursive: true });
  const client = await PGlite.create(copy);
  return {
    query: async (sql) => (await client.query<Row>(sql)).rows,
    async close() {
      await client.close();
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

/** Of a Postgres, whoever serves it. */
export async function rowsOfPostgres(url: string): Promise<Rows> {
  const connection = await openPostgresConnection(url);
  return { query: (sql) => connection.query<Row>(sql), close: () => connection.close() };
}
