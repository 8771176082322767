import { backupFault } from "../backup-fault";
import { createBundleFiles } from "../bundles/bundle-files";
import { nodeBundleFs } from "../bundles/bundle-fs";
import { TABLES } from "../journal/journaled-tables";
import { storePaths } from "../pglite/store-paths";
import { MIGRATION_LOCK } from "../postgres/migrate-postgres";
import { LEFT_OUT, quoted } from "./backup-format";
import { type Connection, withPostgresConnection } from "./connection";
import { refuseOtherKeys, writeKeyFiles } from "./key-files";
import { type Restored, type RestoreOptions, restoreRows } from "./restore-folder";
import { surveyBackup } from "./survey-backup";

/**
 * Makes a store on Postgres from a backup, in an empty database: all in one transaction, the keys written just before its
 * commit. Whoever is killed meanwhile leaves an empty database, at most keys that no start takes and the next attempt
 * finds to be its own, and bundles that a server removes if nothing names them. Raises a fault where the file is not whole or the place not empty, and `unavailable` where the
 * database cannot be reached.
 */
export async function restorePostgres(url: string, options: RestoreOptions): Promise<Restored> {
  const { files } = await surveyBackup(options);
  await refuseOtherKeys(options.dataDir, files);
  const bundles = createBundleFiles(nodeBundleFs, options.bundlesDir ?? storePaths(options.dataDir).bundles);
  return withPostgresConnection(url, (connection) =>
    restoreRows(connection, options, bundles, {
      first: () => emptySchema(connection),
      beforeCommit: () => writeKeyFiles(options.dataDir, files),
    }),
  );
}

/** Tables of ours without rows are those of a start that found no platform: they make way for the backup's. */
async function emptySchema(connection: Connection): Promise<void> {
  await connection.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})::text`);
  const tables = await connection.query<{ name: string }>(
    "select tablename::text as name from pg_catalog.pg_tables where schemaname = 'public' order by 1",
  );
  const refuse = (found: string) => backupFault("not-empty", { path: "DATABASE_URL", found });
  for (const { name } of tables) {
    if (!TABLES.has(name)) throw refuse(`table ${name} is not of this program`);
    if (LEFT_OUT.has(name)) continue;
    const [row] = await connection.query<{ has_rows: string }>(
      `select (exists (select 1 from ${quoted(name)}))::text as has_rows`,
    );
    if (row?.has_rows === "true") throw refuse(`table ${name} has rows`);
  }
  for (const { name } of tables) await connection.query(`drop table ${quoted(name)} cascade`);
  await connection.query("drop table if exists drizzle.__drizzle_migrations");
}
