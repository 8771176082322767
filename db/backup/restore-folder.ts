import { mkdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { Clock } from "@/lib/platform/clock";
import { AppError, isAppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { backupFault } from "../backup-fault";
import { type BundleFiles, createBundleFiles } from "../bundles/bundle-files";
import { nodeBundleFs } from "../bundles/bundle-fs";
import { acquireLock } from "../lock/acquire-lock";
import { findStorePart, finishRestore, RESTORED, RESTORING } from "../pglite/finish-restore";
import { openPglite } from "../pglite/open-pglite";
import { storePaths } from "../pglite/store-paths";
import { syncPath } from "../pglite/sync-tree";
import { RowTooLarge } from "../row-too-large";
import type { Transaction } from "../store";
import { tightenTree } from "../take-data-folder";
import type { BackupCounts, BackupHeader } from "./backup-format";
import type { BackupFs } from "./backup-fs";
import { type Connection, pgliteConnection } from "./connection";
import { refuseOtherKeys, writeKeyFiles } from "./key-files";
import { loadBackup } from "./load-backup";
import { readBackup } from "./read-backup";
import type { Passphrase } from "./sealed-chunks";
import { surveyBackup } from "./survey-backup";

/**
 * The embedded database has 2 GiB for all that it does, and a row is in it several times over while it is written into
 * the journal and read from it. Twice as much as the largest row that versions before wrote, a bundle in hexadecimal.
 */
const EMBEDDED_ROW_CHARACTERS_MAX = 128 * 1024 * 1024;

export type RestoreOptions = {
  fs: BackupFs;
  /** The backup, and what opens it. */
  file: string;
  passphrase: Passphrase;
  dataDir: string;
  /** Where bundles go; absent: into the data folder. */
  bundlesDir?: string;
  migrationsFolder: string;
  clock: Clock;
  logger: Logger;
  /** Characters that a row has at most in an embedded store; tests take fewer. */
  rowCharactersMax?: number;
  /** Writes what the store has to know of its restore, in the same transaction as its rows. */
  mark(tx: Transaction, header: BackupHeader): Promise<void>;
};
export type Restored = { header: BackupHeader; counts: BackupCounts };

/** Loads the backup in one transaction of this connection, marked as restored. What `beforeCommit` raises undoes it all. */
export async function restoreRows(
  connection: Connection,
  options: RestoreOptions,
  bundles: BundleFiles,
  around: { first?(): Promise<void>; beforeCommit?(): Promise<void> } = {},
): Promise<Restored> {
  const { fs, file, passphrase, migrationsFolder } = options;
  await connection.query("begin");
  try {
    await around.first?.();
    const parts = readBackup(fs.stream(file), passphrase, file);
    const restored = await loadBackup(connection, parts, { migrationsFolder, path: file, bundles });
    // Nobody listens yet.
    await options.mark({ db: connection.db, announce: () => undefined, onHeld: () => undefined }, restored.header);
    await around.beforeCommit?.();
    await connection.query("commit");
    return restored;
  } catch (error) {
    // The failure that is raised says why; a connection that is gone has taken its transaction along.
    await connection.query("rollback").catch(() => undefined);
    throw error;
  }
}

/**
 * Makes an embedded store from a backup, in a data folder that has none: database, journal, bundles and keys under another name,
 * synced, and put in place by one rename that the next opener finishes when this process is killed at it. Before that
 * rename there is nothing that a start would use. Raises a fault where the file is not whole or the place not empty, and
 * `unavailable` while a process has the folder open.
 */
export async function restoreFolder(options: RestoreOptions): Promise<Restored> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(join(dataDir, "lock"));
  const making = join(dataDir, RESTORING);
  try {
    await finishRestore(dataDir);
    const part = findStorePart(dataDir);
    if (part !== null) throw backupFault("not-empty", { path: part });
    const { files } = await surveyBackup({ rowCharactersMax: EMBEDDED_ROW_CHARACTERS_MAX, ...options });
    await refuseOtherKeys(dataDir, files);
    // What an earlier attempt left that was killed.
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { mode: 0o700 });
    const bundlesDir = options.bundlesDir ?? storePaths(making).bundles;
    const restored = await fillDatabase(join(making, "store"), options, createBundleFiles(nodeBundleFs, bundlesDir));
    // The database opens to all what it makes, whatever the umask; nobody could enter the folder around it.
    tightenTree(join(making, "store"));
    await beginJournal(making, { ...options, bundlesDir });
    rmSync(join(making, "lock"), { recursive: true });
    await writeKeyFiles(making, files);
    await syncPath(making);
    renameSync(making, join(dataDir, RESTORED));
    await syncPath(dataDir);
    await finishRestore(dataDir);
    return restored;
  } finally {
    rmSync(making, { recursive: true, force: true });
    await lock.release();
  }
}

/** Opening begins the journal with all rows; closing syncs them. What fails is told by the names that the caller gave. */
async function beginJournal(
  making: string,
  { file, dataDir, bundlesDir, clock, logger, migrationsFolder }: RestoreOptions & { bundlesDir: string },
): Promise<void> {
  try {
    const { store } = await openPglite({ dataDir: making, bundlesDir, clock, logger, migrationsFolder });
    await store.close();
  } catch (error) {
    const fault = isAppError(error) ? error.details[0] : undefined;
    if (fault?.path !== making) throw error;
    if (fault.code === "row-too-large") {
      throw backupFault("row-too-large-here", { path: file, found: fault.message, cause: error });
    }
    throw new AppError(
      "unavailable",
      `${file} was not restored: no store can be made of it in ${dataDir} (${fault.message}).\nSee that the disk has room for all that it holds, unpacked, then type the same command again; nothing is left of this attempt.`,
      { cause: error },
    );
  }
}

async function fillDatabase(folder: string, options: RestoreOptions, bundles: BundleFiles): Promise<Restored> {
  let client: PGlite | undefined;
  try {
    client = await PGlite.create(folder);
    return await restoreRows(pgliteConnection(client), options, bundles);
  } catch (error) {
    if (isAppError(error)) throw error;
    if (error instanceof RowTooLarge) {
      throw backupFault("row-too-large-here", { path: options.file, found: error.message, cause: error });
    }
    // On a full disk the database ends with something that has no words.
    const { bavail, bsize } = statfsSync(dirname(folder));
    const free = `${Math.floor((bavail * bsize) / 1024 ** 2)} MiB are free there`;
    throw new AppError(
      "unavailable",
      `The database cannot be made in ${options.dataDir} (${free}).\nMake room for all that the backup holds, unpacked, and 64 MiB more. Then try again.`,
      { cause: error instanceof Error ? error : undefined },
    );
  } finally {
    // A database that ended by itself does not close; the folder is removed.
    await client?.close().catch(() => undefined);
  }
}
