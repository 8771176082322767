import { cpSync, existsSync, realpathSync, renameSync, rmSync } from "node:fs";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import type { SpareBundles } from "./bundles/bundle-files";
import { createCredentialsFile } from "./journal/credentials-file";
import { endsBase, parseRecord } from "./journal/journal-frame";
import { nodeJournalFs } from "./journal/journal-fs";
import { NOT_KEPT, TABLES, VOIDED } from "./journal/journaled-tables";
import { readJournal, scanJournal } from "./journal/read-journal";
import { rebuildRows, rebuildTables } from "./journal/replay-journal";
import { acquireLock, type HeldLock } from "./lock/acquire-lock";
import {
  type BeforeMigration,
  findMigrationsFolder,
  type Migration,
  newestSchema,
  planMigrations,
  readMigrations,
} from "./migrate";
import { recordsFrom } from "./pglite/damaged-tables";
import { readDoubt } from "./pglite/doubt";
import { findDatabase } from "./pglite/find-database";
import { makeDatabase } from "./pglite/make-database";
import { announceMigration } from "./pglite/migrate-pglite";
import { openLocked } from "./pglite/open-pglite";
import { refusalOf } from "./pglite/opening-fault";
import { putBack, rememberFile, rememberSegments } from "./pglite/put-back";
import { settle } from "./pglite/settle";
import { setAsidePath, storePaths } from "./pglite/store-paths";
import { START } from "./pglite/stored-records";
import { syncPath, syncTree } from "./pglite/sync-tree";
import { DATABASE_FAULTS, verdictOn } from "./pglite/verdict";
import type { Recovery } from "./recovery";
import { RowTooLarge } from "./row-too-large";
import { type StoreFaultCode, storeFault } from "./store-fault";
import { takeDataFolder } from "./take-data-folder";

/**
 * What is believed: the journal (the database is made anew, or some of its tables are), or the rows (a new journal begins
 * with them).
 */
export type RebuildSource = "journal" | "rows" | { tables: readonly string[] };
export type RebuildOptions = {
  dataDir: string;
  from: RebuildSource;
  clock?: Clock;
  logger?: Logger;
  migrationsFolder?: string;
  beforeMigration?: BeforeMigration;
  /** Where bundles lie; absent: in the data folder. */
  bundlesDir?: string;
  /** Where bundles are taken from that have no file. */
  spareBundles?: SpareBundles;
  /** A migrated, empty database to begin with, as for `openPglite`. */
  seed?: Blob;
};

type Rebuilt = Pick<Recovery, "outcome" | "tables" | "setAside" | "lost" | "recordsReplayed">;
type Work = { dataDir: string; clock: Clock; logger: Logger; lock: HeldLock; known: Migration[] } & Pick<
  RebuildOptions,
  "beforeMigration" | "seed"
>;

/**
 * Makes one half of an embedded store anew from the other, with its owner's consent; what is replaced is renamed and
 * kept, never deleted. The store is closed when this resolves; whoever asked for it puts the answer into the log of the
 * next opening (`auditRecovery`). Raises `unavailable`, and changes nothing, while a process has the folder open and
 * where the source cannot be read.
 */
export async function rebuildStore(options: RebuildOptions): Promise<Recovery> {
  const { dataDir, from, clock = systemClock, logger = stderrLogger, beforeMigration, spareBundles, seed } = options;
  const { migrationsFolder = findMigrationsFolder(), bundlesDir } = options;
  for (const what of takeDataFolder(dataDir)) logger("warn", "data_folder_tightened", { what });
  const lock = await acquireLock(storePaths(dataDir).lock);
  try {
    const hook = beforeMigration === undefined ? {} : { beforeMigration };
    const known = readMigrations(migrationsFolder);
    const work = { dataDir, clock, logger, lock, known, ...hook, ...(seed === undefined ? {} : { seed }) };
    const rebuilt = await rebuildFrom(work, from);
    const spare = spareBundles === undefined ? {} : { spareBundles };
    const place = bundlesDir === undefined ? {} : { bundlesDir };
    const opening = { dataDir, ...place, clock, logger, migrationsFolder, ...hook, ...spare };
    const { store, recovery } = await openLocked(opening, lock);
    await store.close();
    return { ...recovery, ...rebuilt };
  } catch (error) {
    await lock.abandon();
    throw error;
  }
}

function rebuildFrom(work: Work, from: RebuildSource): Promise<Rebuilt> {
  if (from === "journal") return rebuildFromJournal(work);
  return from === "rows" ? rebuildFromRows(work) : remakeTables(work, from.tables);
}

async function rebuildFromJournal(work: Work): Promise<Rebuilt> {
  const { dataDir, clock, known, seed } = work;
  const paths = storePaths(dataDir);
  const refuse = (code: StoreFaultCode, found: string) => storeFault(code, { dataDir, found, isUnchanged: true });
  const scan = await scanJournal(nodeJournalFs, paths.journal);
  if (scan.state === "damaged") {
    throw refuse("journal-damaged", `after record ${scan.afterSequence}, in ${scan.segment}`);
  }
  const rebuildFrom = scan.state === "whole" ? scan.rebuildFrom : 1;
  if (rebuildFrom === null) throw refuse("journal-damaged", "it has no whole base");
  const schema = (scan.state === "whole" ? scan.schema : newestSchema(known)) ?? known[0]?.at ?? 0;
  if (schema > newestSchema(known)) throw refuse("newer-schema", `the journal is of the schema ${schema}`);
  if (scan.state === "empty") {
    // Nothing was ever decided where neither has a record; an unfinished first start leaves that behind.
    const found = await findDatabase(paths.store);
    if (found.state === "opened") await found.database.undo();
    if (found.state !== "absent" && found.state !== "unfinished") {
      throw refuse("journal-missing", "there is nothing to make the database from");
    }
  }
  const credentials = await createCredentialsFile(nodeJournalFs, dataDir).read();
  const setAside: Recovery["setAside"] = [];
  let recordsReplayed = 0;
  const making = makeDatabase(
    paths,
    {
      migrations: known.filter(({ at }) => at <= schema),
      ...(seed !== undefined && schema === newestSchema(known) ? { seed } : {}),
      async fill(client) {
        const records = readJournal(nodeJournalFs, paths.journal, rebuildFrom);
        recordsReplayed = (await rebuildRows(client, records, credentials)).replayed;
      },
    },
    () => {
      if (!existsSync(paths.store)) return;
      const path = setAsidePath(paths.store, clock);
      renameSync(paths.store, path);
      setAside.push({ path, reason: "it was made anew from the journal" });
    },
  );
  await making.catch((error: unknown) => {
    throw error instanceof RowTooLarge ? refuse("row-too-large", error.message) : error;
  });
  const lost = credentials === null ? [...NOT_KEPT, ...VOIDED] : [...NOT_KEPT];
  return { outcome: "store-rebuilt", tables: [], setAside, recordsReplayed, lost };
}

/** Works on a copy, which takes the database's place when it is whole: whoever is killed has the old or the new one. */
async function remakeTables(work: Work, tables: readonly string[]): Promise<Rebuilt> {
  const { dataDir, clock, lock, known } = work;
  const paths = storePaths(dataDir);
  const refuse = (code: StoreFaultCode, found: string) =>
    storeFault(code, { dataDir, found, isUnchanged: true, tables });
  const strange = tables.filter((relation) => TABLES.get(relation)?.treatment.keep !== "rows");
  if (strange.length > 0 || tables.length === 0) {
    throw new AppError(
      "invalid_input",
      `The journal has no table ${strange.join(", ")}.\nnpm run store -- check names those that are damaged.`,
    );
  }
  rmSync(paths.making, { recursive: true, force: true });
  cpSync(realpathSync(paths.store), paths.making, { recursive: true });
  try {
    const found = await findDatabase(paths.making);
    if (found.state !== "opened")
      throw refuse(DATABASE_FAULTS[found.state], "found" in found ? found.found : "store/ is not there");
    const { database } = found;
    const scan = await scanJournal(nodeJournalFs, paths.journal, database.rows.last?.sequence ?? 0);
    const isDoubtful = lock.previous === "machine-died" || readDoubt(paths.lock).is;
    const verdict = verdictOn(
      { database: { state: "opened", rows: database.rows }, journal: scan, isDoubtful, isFresh: false },
      known,
    );
    const from = scan.state === "whole" ? scan.rebuildFrom : 1;
    let remade: { replayed: number; lost: string[] };
    try {
      if (verdict.do === "refuse") throw refuse(verdict.fault, verdict.found);
      // After the machine went down a start makes all rows from the journal, and asks nobody.
      if (verdict.do === "begin" || from === null || verdict.isRemade)
        throw refuse("rows-differ", "a start makes all rows from the journal by itself");
      if (verdict.schema !== database.rows.applied.at(-1))
        throw refuse("journal-foreign", "the journal is of another schema");
      if (verdict.missing.some(({ line }) => endsBase(parseRecord(line) ?? {}))) {
        throw refuse("database-unreadable", "it was cut off while all of its rows went into the journal");
      }
      const beside = { fs: nodeJournalFs, folder: paths.journal, verdict };
      remade = await rebuildTables(database.client, tables, recordsFrom(beside, from));
    } catch (error) {
      await database.undo();
      throw refusalOf(error, { dataDir, isUnchanged: true });
    }
    database.keep();
    await database.client.close();
    await syncTree(paths.making);
    const path = setAsidePath(paths.store, clock);
    renameSync(paths.store, path);
    renameSync(paths.making, paths.store);
    await syncPath(dataDir);
    const setAside = [{ path, reason: `${tables.join(", ")} in it was damaged` }];
    return {
      outcome: "tables-rebuilt",
      tables: [...tables],
      setAside,
      recordsReplayed: remade.replayed,
      lost: remade.lost,
    };
  } catch (error) {
    rmSync(paths.making, { recursive: true, force: true });
    throw error;
  }
}

async function rebuildFromRows(work: Work): Promise<Rebuilt> {
  const { dataDir, clock, logger, lock, known, beforeMigration } = work;
  const paths = storePaths(dataDir);
  const found = await findDatabase(paths.store);
  const refuse = (code: StoreFaultCode, words: string, isUnchanged = true) =>
    storeFault(code, { dataDir, found: words, isUnchanged });
  if (found.state !== "opened") {
    const words = found.state === "absent" ? "store/ is not there" : found.found;
    throw refuse(DATABASE_FAULTS[found.state], words, found.state !== "unreadable" || found.isUnchanged);
  }
  const { database } = found;
  const { client, rows } = database;
  const { unknown } = planMigrations(known, rows.applied);
  if (unknown.length > 0) {
    throw refuse("newer-schema", `it has taken the steps ${unknown.join(", ")}`, await database.undo());
  }
  const doubt = readDoubt(paths.lock);
  if (lock.previous === "machine-died") await doubt.begin();
  const aside = existsSync(paths.journal) ? setAsidePath(paths.journal, clock) : null;
  if (aside !== null) renameSync(paths.journal, aside);
  const files = [await rememberSegments(nodeJournalFs, paths.journal), rememberFile(paths.credentials)];
  try {
    await announceMigration(database, known, beforeMigration);
    const { writer } = await settle({
      client,
      rows: { ...rows, hasRows: true },
      credentials: createCredentialsFile(nodeJournalFs, dataDir),
      fs: nodeJournalFs,
      folder: paths.journal,
      scan: { state: "empty", tornBytes: 0 },
      from: rows.last ?? START,
      verdict: { do: "go-on", missing: [], isRemade: false, schema: null },
      known,
      clock,
      isDoubtful: false,
    });
    await writer.close();
  } catch (error) {
    const isUnchanged = await putBack({ doubt, files, database, logger });
    if (aside !== null) renameSync(aside, paths.journal);
    throw refusalOf(error, { dataDir, isUnchanged });
  }
  database.keep();
  await client.close();
  await doubt.end();
  const setAside = aside === null ? [] : [{ path: aside, reason: "another one was begun with all rows" }];
  return { outcome: "journal-begun-anew", tables: [], setAside, recordsReplayed: 0, lost: [] };
}
