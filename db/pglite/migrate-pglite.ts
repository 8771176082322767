import type { PGlite } from "@electric-sql/pglite";
import {
  appliedMigrations,
  applyMigrations,
  type BeforeMigration,
  type Migration,
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

/** Tells `beforeMigration` of the steps that an opened database has to take, if any. Raises what it raises. */
export async function announceMigration(
  { client, rows }: { client: PGlite; rows: { applied: readonly number[] } },
  known: readonly Migration[],
  beforeMigration: BeforeMigration | undefined,
): Promise<void> {
  const { pending } = planMigrations(known, rows.applied);
  const from = rows.applied.at(-1);
  const to = pending.at(-1)?.at;
  // An empty database has nothing to be backed up.
  if (beforeMigration === undefined || from === undefined || to === undefined) return;
  await beforeMigration({ from, to, pending: pending.map(({ name }) => name), run: runIn(client) });
}
