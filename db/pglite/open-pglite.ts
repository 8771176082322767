import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { createBundleFiles, type SpareBundles } from "../bundles/bundle-files";
import { nodeBundleFs } from "../bundles/bundle-fs";
import { restoreBundles } from "../bundles/restore-bundles";
import { createStore } from "../create-store";
import { createCommitLog } from "../journal/commit-log";
import { createCredentialsFile, standingRows } from "../journal/credentials-file";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";
import { dropSegmentsBefore, type JournalScan, scanJournal } from "../journal/read-journal";
import type { Turns } from "../lanes/turns";
import { acquireLock, type HeldLock } from "../lock/acquire-lock";
import { type BeforeMigration, type Migration, newestSchema, readMigrations } from "../migrate";
import { NOTHING_FOUND, type Recovery } from "../recovery";
import * as tables from "../schema";
import type { Store } from "../store";
import type { StoreConnection } from "../store-connection";
import { storeFault } from "../store-fault";
import { takeDataFolder, tightenTree } from "../take-data-folder";
import { createPgliteConnection, type InTurn } from "./create-pglite-connection";
import { damagedTables } from "./damaged-tables";
import { readDoubt } from "./doubt";
import { type FoundDatabase, findDatabase, type OpenedDatabase } from "./find-database";
import { finishRestore, RESTORING } from "./finish-restore";
import { makeDatabase } from "./make-database";
import { announceMigration, migratePglite, runIn } from "./migrate-pglite";
import { refusalOf } from "./opening-fault";
import { putBack, rememberFile, rememberSegments } from "./put-back";
import { readBack, type Settled, settle } from "./settle";
import { storePaths } from "./store-paths";
import { START } from "./stored-records";
import { syncTree } from "./sync-tree";
import { type Found, type Verdict, verdictOn } from "./verdict";

export type PgliteOptions = { migrationsFolder: string; clock: Clock; logger: Logger; seed?: Blob; turns?: Turns };
export type PgliteFolderOptions = PgliteOptions & {
  dataDir: string;
  beforeMigration?: BeforeMigration;
  /** Where bundles lie; absent: in the data folder. */
  bundlesDir?: string;
  /** Where bundles are taken from that have no file. */
  spareBundles?: SpareBundles;
  /** Tests let its operations fail. */
  journalFs?: JournalFs;
  /** Names this run of the kernel; tests let the machine go down by another name. */
  bootId?: string | null;
  /** Bytes that are free on the disk with a folder; tests let it be full. */
  freeBytes?: (folder: string) => number;
};

/** A store, and the connection that it is made over. */
export type OpenedPglite = { store: Store; connection: StoreConnection; recovery: Recovery };

/** A database that is opened writes its log; with less than this it could not, and would look broken. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;

/** A store that ends with the process: no lock, no journal. */
export async function openPgliteInMemory(options: PgliteOptions): Promise<OpenedPglite> {
  const client = await PGlite.create(options.seed === undefined ? {} : { loadDataDir: options.seed });
  await migratePglite(client, options.migrationsFolder);
  const connection = createPgliteConnection({ client, createLog: () => null, ...ownParts(options) });
  return { connection, store: createStore(connection), recovery: NOTHING_FOUND };
}

const ownParts = ({ logger, turns }: PgliteOptions) => ({ logger, ...(turns === undefined ? {} : { turns }) });

/**
 * Opens the data folder: `lock/`, `store/` (PGlite's) and `journal/`. Closes it to others, takes the lock, looks at everything, and
 * only then acts: rows and journal complete each other and are migrated before anyone reads. Raises `unavailable` when
 * another process has the folder, and for each of `STORE_FAULTS`; the folder is then as it was.
 */
export async function openPglite(options: PgliteFolderOptions): Promise<OpenedPglite> {
  for (const what of takeDataFolder(options.dataDir)) options.logger("warn", "data_folder_tightened", { what });
  const lock = await acquireLock(storePaths(options.dataDir).lock, options.bootId);
  try {
    return await openLocked(options, lock);
  } catch (error) {
    // Not a clean end: the next opener has the same doubts.
    await lock.abandon();
    throw error;
  }
}

/** The same for whoever holds the lock; it is let go when the store is closed. */
export async function openLocked(options: PgliteFolderOptions, lock: HeldLock): Promise<OpenedPglite> {
  const { dataDir, clock, logger } = options;
  const paths = storePaths(dataDir);
  if (await finishRestore(dataDir)) logger("warn", "restore_finished", { dataDir });
  const fs = options.journalFs ?? nodeJournalFs;
  const known = readMigrations(options.migrationsFolder);
  const doubt = readDoubt(paths.lock);
  if (lock.previous === "machine-died") await doubt.begin();
  refuseFullDisk(options);
  const mark = join(paths.lock, "opened");
  // Where a restore was cut off, somebody means to have a store back: no new one is begun there.
  const isRestoring = existsSync(join(dataDir, RESTORING));
  const isFresh = !isRestoring && (lock.isFirst || (lock.previous !== "clean" && !existsSync(mark)));
  const look = () => lookAt({ options, fs, isDoubtful: doubt.is, isFresh, known });

  let sight = await look();
  const isBegun = sight.verdict.do === "begin";
  if (isBegun) {
    const seed = options.seed === undefined ? {} : { seed: options.seed };
    await makeDatabase(paths, { migrations: known, ...seed });
    sight = await look();
  }
  const { found, verdict, database } = sight;
  if (verdict.do !== "go-on" || database === null) {
    const isUnchanged = (await database?.undo()) ?? sight.isUnchanged;
    throw verdict.do === "refuse"
      ? storeFault(verdict.fault, { dataDir, found: verdict.found, isUnchanged })
      : new Error("a database that was made just now is not there");
  }
  const { client, rows } = database;
  const beside = { fs, folder: paths.journal, scan: found.journal, verdict };
  const damages = await damagedTables(database, beside).catch(async (error: unknown) => {
    throw refusalOf(error, { dataDir, isUnchanged: await database.undo() });
  });
  if (damages.length > 0) {
    const isUnchanged = await database.undo();
    const words = damages.map(({ relation, found: how }) => `${relation}: ${how}`).join("; ");
    const tables = damages.map(({ relation }) => relation);
    throw storeFault("rows-differ", { dataDir, found: words, isUnchanged, tables });
  }
  const files = [await rememberSegments(fs, paths.journal), rememberFile(paths.credentials)];
  const bundleFiles = createBundleFiles(nodeBundleFs, options.bundlesDir ?? paths.bundles);
  const credentials = createCredentialsFile(fs, dataDir);
  let settled: Settled;
  let bundles: Recovery["bundles"];
  try {
    await announceMigration(database, known, options.beforeMigration);
    const scan = found.journal;
    const from = scan.state === "whole" ? scan.last : START;
    const input = { client, rows, fs, folder: paths.journal, credentials, scan, from, verdict, known, clock };
    settled = await settle({ ...input, isDoubtful: doubt.is });
    const db = drizzle(client, { schema: tables });
    bundles = await restoreBundles({ db, write: (work) => work(db) }, bundleFiles, {
      ...{ spare: options.spareBundles ?? null, reads: "doubtful" },
      at: new Date(clock.nowMs()),
    });
    await credentials.replace(await standingRows(runIn(client)));
  } catch (error) {
    const isUnchanged = await putBack({ doubt, files, database, logger });
    if (isBegun) rmSync(paths.store, { recursive: true });
    throw refusalOf(error, { dataDir, isUnchanged });
  }
  database.keep();
  await doubt.end();
  writeFileSync(mark, "", { mode: 0o600 });
  if (settled.baseFrom !== null) await dropOldSegments(settled.baseFrom, (_, work) => work());

  // What the database made just now is open to all by its own doing, whatever the umask.
  tightenTree(paths.store);

  const { writer, recovery } = settled;
  const schema = newestSchema(known);
  const connection = createPgliteConnection({
    client,
    ...ownParts(options),
    createLog: (lookAgain) => {
      const { length } = settled;
      return createCommitLog({ client, writer, clock, logger, schema, credentials, lookAgain, length });
    },
    onBegunAgain: async ({ from, last }, inTurn) => {
      // What is before it goes only once it was seen to be there.
      await readBack({ fs, folder: paths.journal }, from, last);
      await dropOldSegments(from, inTurn);
    },
    onClosed: async () => {
      await syncTree(paths.store);
      await lock.release();
    },
  });
  return { connection, store: createStore(connection), recovery: { ...recovery, bundles } };

  /** What was before the base is over once the database cannot fall back behind it. */
  async function dropOldSegments(baseFrom: number, inTurn: InTurn): Promise<void> {
    try {
      await inTurn("checkpoint", () => client.exec("checkpoint"));
      await syncTree(paths.store);
      await dropSegmentsBefore(fs, paths.journal, baseFrom);
    } catch (error) {
      // They count no more, and the next base takes them along.
      logger("warn", "journal_not_shortened", { error });
    }
  }
}

type Sight = {
  found: Found;
  verdict: Verdict;
  database: OpenedDatabase | null;
  /** What did not open was left as it was found. */
  isUnchanged: boolean;
};

async function lookAt(at: {
  options: PgliteFolderOptions;
  fs: JournalFs;
  isDoubtful: boolean;
  isFresh: boolean;
  known: readonly Migration[];
}): Promise<Sight> {
  const paths = storePaths(at.options.dataDir);
  const opened = await findDatabase(paths.store);
  const database = opened.state === "opened" ? opened.database : null;
  let journal: JournalScan;
  try {
    journal = await scanJournal(at.fs, paths.journal, database?.rows.last?.sequence ?? 0);
  } catch (error) {
    await database?.undo();
    throw error;
  }
  const { isDoubtful, isFresh } = at;
  const found: Found = { database: withoutClient(opened), journal, isDoubtful, isFresh };
  const isUnchanged = opened.state !== "unreadable" || opened.isUnchanged;
  return { found, verdict: verdictOn(found, at.known), database, isUnchanged };
}

function withoutClient(found: FoundDatabase): Found["database"] {
  return found.state === "opened" ? { state: "opened", rows: found.database.rows } : found;
}

const freeBytesOf = (folder: string) => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

function refuseFullDisk({ dataDir, freeBytes = freeBytesOf }: PgliteFolderOptions): void {
  const free = freeBytes(dataDir);
  if (free >= FREE_BYTES_MIN) return;
  const mebibytes = Math.floor(free / 1024 ** 2);
  throw storeFault("disk-full", { dataDir, found: `${mebibytes} MiB are free, 64 are needed`, isUnchanged: true });
}
