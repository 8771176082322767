import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { finishRestore } from "../backup/finish-restore";
import { createBundleFiles } from "../bundles/bundle-files";
import { restoreBundles } from "../bundles/restore-bundles";
import { createCommitLog } from "../journal/commit-log";
import { installCapture } from "../journal/install-capture";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";
import { acquireLock } from "../lock/acquire-lock";
import { type BeforeMigration, newestSchema, readMigrations } from "../migrate";
import { NOTHING_FOUND, type Recovery } from "../recovery";
import type { Store } from "../store";
import { createPgliteStore } from "./create-pglite-store";
import { migratePglite } from "./migrate-pglite";
import { openClient } from "./open-client";
import { reconcile, setAsidePath } from "./reconcile";
import { syncPath, syncTree } from "./sync-tree";

export type PgliteOptions = { migrationsFolder: string; clock: Clock; logger: Logger; seed?: Blob };
export type PgliteFolderOptions = PgliteOptions & {
  dataDir: string;
  beforeMigration?: BeforeMigration;
  /** Tests let its operations fail. */
  journalFs?: JournalFs;
  /** Names this run of the kernel; tests let the machine go down by another name. */
  bootId?: string | null;
};

export type OpenedPglite = { store: Store; recovery: Recovery };

/** A store that ends with the process: no lock, no journal. */
export async function openPgliteInMemory(options: PgliteOptions): Promise<OpenedPglite> {
  const client = await PGlite.create(options.seed === undefined ? {} : { loadDataDir: options.seed });
  await migratePglite(client, options.migrationsFolder);
  const store = createPgliteStore({ client, logger: options.logger, bundleFiles: null, createLog: () => null });
  return { store, recovery: NOTHING_FOUND };
}

/**
 * Opens the data folder: `lock/`, `store/` (PGlite's) and `journal/`. Takes the lock first; a database that cannot be
 * used is renamed and kept, and a new one is made from the journal; rows and journal complete each other before anyone
 * reads. Raises `unavailable` when another process has the folder, or when the two cannot be brought to agree.
 */
export async function openPglite(options: PgliteFolderOptions): Promise<OpenedPglite> {
  const { dataDir, clock, logger } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(join(dataDir, "lock"), options.bootId);
  let opened: { client: PGlite; isNew: boolean; setAside: Recovery["setAside"] } | undefined;
  try {
    if (await finishRestore(dataDir)) logger("warn", "restore_finished", { dataDir });
    const storeFolder = join(dataDir, "store");
    const fs = options.journalFs ?? nodeJournalFs;
    const journalFolder = join(dataDir, "journal");
    const doubt = await takeDoubt(dataDir, lock.previous === "machine-died");
    opened = await openOrReplace(storeFolder, options);
    const { client } = opened;
    const schema = newestSchema(readMigrations(options.migrationsFolder));
    const { writer, recovery } = await reconcile({
      ...opened,
      fs,
      folder: journalFolder,
      clock,
      schema,
      isDoubtful: doubt.is,
    });
    const bundleFiles = createBundleFiles(fs, join(dataDir, "bundles"));
    const bundles = await restoreBundles(client, bundleFiles);
    await doubt.end();
    await installCapture(client);
    const store = createPgliteStore({
      client,
      logger,
      bundleFiles,
      createLog: (lookAgain) => createCommitLog({ client, writer, clock, logger, schema, lookAgain }),
      onClosed: async () => {
        await syncTree(storeFolder);
        await lock.release();
      },
    });
    return { store, recovery: { ...recovery, bundles } };
  } catch (error) {
    // Not a clean end: the next opener has the same doubts.
    await opened?.client.close().catch((closing: unknown) => logger("warn", "store_close_failed", { error: closing }));
    await lock.abandon();
    throw error;
  }
}

/**
 * Whether the database may have lost what was not synced. Kept as a file until rows and journal agree again, so that
 * an opener that is killed in between does not pass its doubts for settled.
 */
async function takeDoubt(dataDir: string, isDoubtful: boolean): Promise<{ is: boolean; end(): Promise<void> }> {
  const marker = join(dataDir, "doubtful");
  if (isDoubtful && !existsSync(marker)) {
    writeFileSync(marker, "", { mode: 0o600, flush: true });
    await syncPath(dataDir);
  }
  return {
    is: existsSync(marker),
    async end() {
      rmSync(marker, { force: true });
      await syncPath(dataDir);
    },
  };
}

async function openOrReplace(
  folder: string,
  options: PgliteFolderOptions,
): Promise<{ client: PGlite; isNew: boolean; setAside: Recovery["setAside"] }> {
  const first = await openClient(folder, options);
  if (first.state === "opened") return { client: first.client, isNew: !first.wasThere, setAside: [] };
  const path = setAsidePath(folder, options.clock);
  renameSync(folder, path);
  options.logger("error", "store_set_aside", { path, reason: first.reason });
  const second = await openClient(folder, options);
  if (second.state === "broken") {
    throw new AppError("unavailable", "The store cannot be made anew.", { cause: new Error(second.reason) });
  }
  return { client: second.client, isNew: true, setAside: [{ path, reason: first.reason }] };
}
