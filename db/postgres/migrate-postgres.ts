import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@/lib/platform/errors";
import {
  appliedMigrations,
  applyMigrations,
  type Migration,
  MigrationFailure,
  type MigrationPlan,
  planMigrations,
  type RunStatement,
  readMigrations,
} from "../migrate";
import { storeFailure } from "../store-failure";
import { LONG_WORK, WORK } from "./bounds";
import { connectPostgres, type PostgresConnection, type Queryable } from "./connect";
import { inTransaction } from "./transaction";

/** Any constant: processes that start at once migrate one after the other. */
export const MIGRATION_LOCK = 7_261_004;
const LOOK_EVERY_MS = 500;

export type SchemaOptions = {
  url: string;
  migrationsFolder: string;
  /** Whoever starts this process says that a backup of what lies there was made: then it may be migrated. */
  isBackupConfirmed?: boolean;
  /** This process never migrates: it waits until another one has, and calls this once when it has to. */
  onSchemaBehind?: () => void;
};

/**
 * Brings the database to this program's schema, or waits until another process has; of several that start at once one
 * does. All steps are one transaction: after a failure everything is as it was. Raises `unavailable` where the schema
 * is a newer program's, where the server takes no changes, where there are rows to migrate and no backup was confirmed, and where a step fails; each says
 * what to do.
 */
export async function ensureSchema(options: SchemaOptions): Promise<void> {
  const known = readMigrations(options.migrationsFolder);
  try {
    const bounds = options.onSchemaBehind === undefined ? LONG_WORK : WORK;
    const connection = await connectPostgres(options.url, bounds);
    try {
      if (options.onSchemaBehind === undefined) {
        await migrateUnderLock(connection, known, options.isBackupConfirmed === true);
      } else {
        await untilMigrated(connection, known, options.onSchemaBehind);
      }
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw storeFailure(error);
  }
}

const runOn =
  (connection: Queryable): RunStatement =>
  async (statement) =>
    (await connection.query(statement)).rows;

async function planFor(run: RunStatement, known: readonly Migration[]): Promise<MigrationPlan & { isEmpty: boolean }> {
  const applied = await appliedMigrations(run);
  const plan = planMigrations(known, applied);
  if (plan.unknown.length > 0) throw newerSchema(plan.unknown.length);
  return { ...plan, isEmpty: applied.length === 0 };
}

async function migrateUnderLock(
  connection: PostgresConnection,
  known: readonly Migration[],
  isConfirmed: boolean,
): Promise<void> {
  await inTransaction(connection, async (inside) => {
    const run = runOn(inside);
    await requireWritable(run);
    // Ends with the transaction, however that ends.
    await run(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const { pending, isEmpty } = await planFor(run, known);
    if (pending.length > 0 && !isEmpty && !isConfirmed) throw backupWanted(pending);
    try {
      await applyMigrations(run, pending);
    } catch (error) {
      throw error instanceof MigrationFailure ? stepFailed(error) : error;
    }
  });
}

/** A standby answers a start as far as its first write, and much of it is said by then. */
async function requireWritable(run: RunStatement): Promise<void> {
  const [row] = await run("select current_setting('transaction_read_only') as setting");
  if (row?.setting !== "on") return;
  throw Object.assign(new Error("The server is a standby, or the database was set to read only."), { code: "25006" });
}

async function untilMigrated(connection: Queryable, known: readonly Migration[], onBehind: () => void): Promise<void> {
  for (let looks = 0; (await planFor(runOn(connection), known)).pending.length > 0; looks += 1) {
    if (looks === 0) onBehind();
    await sleep(LOOK_EVERY_MS);
  }
}

function newerSchema(steps: number): AppError {
  return new AppError(
    "unavailable",
    `The database's schema is newer than this program: it has taken ${steps} steps that this program does not know.\nStart the version that ran before; to go back for good, restore the backup that was made before the upgrade (npm run store -- restore FILE).`,
  );
}

function backupWanted(pending: readonly Migration[]): AppError {
  const names = pending.map(({ name }) => name).join(", ");
  return new AppError(
    "unavailable",
    `The database has to be migrated (${names}), and nobody has confirmed a backup of it.\nMake one (npm run store -- backup FILE, or by Postgres' own means), then start once with --backup-confirmed.`,
  );
}

function stepFailed(failure: MigrationFailure): AppError {
  return new AppError(
    "unavailable",
    "A step of the migration failed; all of it was taken back, and the database is as it was.\nStart the version that ran before, and report what is named here.",
    { cause: failure },
  );
}
