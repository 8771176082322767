import type { PGlite } from "@electric-sql/pglite";
import {
  appliedMigrations,
  applyMigrations,
  type BeforeMigration,
  planMigrations,
  type RunStatement,
  readMigrations,
} from "../migrate";

/** Runs statements in a PGlite, or in a transaction of one. */
export function runIn(sink: Pick<PGlite, "query">): RunStatement {
  return async (statement) => (await sink.query<Record<string, unknown>>(statement)).rows;
}

/** Brings a database that nobody else has to this program's schema, in one transaction. Raises `MigrationFailure`. */
export async function migratePglite(client: PGlite, migrationsFolder: string): Promise<void> {
  const { pending } = planMigrations(readMigrations(migrationsFolder), await appliedMigrations(runIn(client)));
  if (pending.length > 0) await client.transaction((sink) => applyMigrations(runIn(sink), pending));
}

/** Lets `beforeMigration` have a look at a database with steps to take. Raises what it raises. */
export async function announceMigration(
  client: PGlite,
  migrationsFolder: string,
  beforeMigration: BeforeMigration,
): Promise<void> {
  const known = readMigrations(migrationsFolder);
  const applied = await appliedMigrations(runIn(client));
  const { pending } = planMigrations(known, applied);
  const to = pending.at(-1)?.at;
  if (to === undefined) return;
  const names = pending.map(({ name }) => name);
  await beforeMigration({ from: applied.at(-1) ?? null, to, pending: names, run: runIn(client) });
}
