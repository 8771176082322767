import { drizzle } from "drizzle-orm/pglite";
import type { BundleFiles } from "./bundles/bundle-files";
import { findDamagedBundles } from "./bundles/restore-bundles";
import { nodeJournalFs } from "./journal/journal-fs";
import { TABLES } from "./journal/journaled-tables";
import { scanJournal } from "./journal/read-journal";
import { acquireLock } from "./lock/acquire-lock";
import { findMigrationsFolder, newestSchema, readMigrations } from "./migrate";
import { damagedTables } from "./pglite/damaged-tables";
import { readDoubt } from "./pglite/doubt";
import { findDatabase, type OpenedDatabase } from "./pglite/find-database";
import { storePaths } from "./pglite/store-paths";
import { verdictOn } from "./pglite/verdict";
import { isTooLarge, RowTooLarge } from "./row-too-large";
import * as tables from "./schema";
import { STORE_FAULTS, type StoreFaultCode, wordsOf } from "./store-fault";
import { requireOwnDatabase } from "./take-data-folder";

/** One thing that is wrong with a store, in words, and what to do about it. */
export type StoreFinding = { code: StoreFaultCode; found: string; remedy: string };

export type StoreCheck = {
  /** None: rows and journal say the same, every table can be read, and the bundles that versions need are whole. */
  findings: StoreFinding[];
  /** Rows of each table that could be read. */
  tables: { table: string; rows: number }[];
};

type Find = (code: StoreFaultCode, found: string, tables?: readonly string[]) => void;

/**
 * Reads every row of an embedded store and compares it with the journal, and, where those agree and bundles' files are
 * given, every bundle that a version needs; changes nothing, and leaves the store closed. Raises `unavailable` while a
 * process has the folder open.
 */
export async function checkStore(dataDir: string, bundles: BundleFiles | null = null): Promise<StoreCheck> {
  requireOwnDatabase(dataDir);
  const paths = storePaths(dataDir);
  const lock = await acquireLock(paths.lock);
  try {
    const doubt = readDoubt(paths.lock);
    if (lock.previous === "machine-died") await doubt.begin();
    return await checkFolder(dataDir, bundles, doubt.is);
  } finally {
    // Nothing was changed, so what the last holder left behind is left to the next one.
    await (lock.previous === "clean" ? lock.release() : lock.abandon());
  }
}

async function checkFolder(dataDir: string, bundles: BundleFiles | null, isDoubtful: boolean): Promise<StoreCheck> {
  const check: StoreCheck = { findings: [], tables: [] };
  const find: Find = (code, found, tables = []) => {
    check.findings.push({ code, found, remedy: STORE_FAULTS[code].remedy(dataDir, tables) });
  };
  const paths = storePaths(dataDir);
  const known = readMigrations(findMigrationsFolder());
  const opened = await findDatabase(paths.store);
  const database = opened.state === "opened" ? opened.database : null;
  try {
    const scan = await scanJournal(nodeJournalFs, paths.journal, database?.rows.last?.sequence ?? 0);
    const verdict = verdictOn(
      {
        database: opened.state === "opened" ? { state: "opened", rows: opened.database.rows } : opened,
        journal: scan,
        isDoubtful,
        isFresh: false,
      },
      known,
    );
    if (verdict.do === "refuse") find(verdict.fault, verdict.found);
    if (database === null) return check;
    await readTables(database, check, find);
    if (verdict.do !== "go-on") return check;
    const beside = { fs: nodeJournalFs, folder: paths.journal, scan };
    const damages = await damagedTables(database, { ...beside, verdict: { ...verdict, isRemade: false } });
    const later = verdict.isRemade ? "; the next start makes it from the journal" : "";
    for (const { relation, found } of damages) find("rows-differ", `${relation}: ${found}${later}`, [relation]);
    if (bundles !== null && check.findings.length === 0) await readBundles(database, bundles, { known, find });
    return check;
  } catch (error) {
    if (!(error instanceof RowTooLarge)) throw error;
    find("row-too-large", `it cannot be compared with the journal, ${error.message}`);
    return check;
  } finally {
    await database?.undo();
  }
}

async function readTables({ client }: OpenedDatabase, check: StoreCheck, find: Find): Promise<void> {
  const { rows: names } = await client.query<{ relation: string }>(
    "select relname as relation from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1",
  );
  for (const { relation } of names) {
    try {
      // As text, so that every column of every row is read.
      const { rows } = await client.query<{ count: number }>(
        `select count(t::text)::float8 as count from "${relation}" t`,
      );
      const count = rows[0]?.count ?? 0;
      check.tables.push({ table: relation, rows: count });
      if (isJournaled(relation)) continue;
      // A file that was cut off reads as one with fewer rows; nothing but its key knows of the others.
      const there = await countByPrimaryKey(client, relation);
      if (there !== count) find("table-unreadable", `${relation}: it has ${count} rows, and its key leads to ${there}`);
    } catch (error) {
      // What the journal has is told of below, with the way to make it anew.
      if (!isTooLarge(error) && isJournaled(relation)) continue;
      find(isTooLarge(error) ? "row-too-large" : "table-unreadable", `${relation}: ${wordsOf(error)}`);
    }
  }
}

/** How many rows its primary key leads to. Raises where one of them is not there. */
async function countByPrimaryKey(client: OpenedDatabase["client"], relation: string): Promise<number> {
  const { rows: keys } = await client.query<{ name: string }>(
    `select quote_ident(a.attname) as name from pg_index i
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
     where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey, a.attnum)`,
    [`public."${relation}"`],
  );
  const order = keys.map(({ name }) => name).join(", ");
  await client.exec("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off");
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::float8 as count from (select * from "${relation}" order by ${order} offset 0) as by_key`,
    );
    return rows[0]?.count ?? 0;
  } finally {
    await client.exec("reset enable_seqscan; reset enable_bitmapscan; reset enable_sort");
  }
}

/** Of rows that are in order and of this program's schema: of another one only a program of it can say what they name. */
async function readBundles(
  { client, rows }: OpenedDatabase,
  bundles: BundleFiles,
  { known, find }: { known: Parameters<typeof newestSchema>[0]; find: Find },
): Promise<void> {
  if (rows.applied.at(-1) !== newestSchema(known)) return;
  const db = drizzle(client, { schema: tables });
  for (const { found } of await findDamagedBundles(db, bundles)) find("bundle-damaged", found);
}

const isJournaled = (relation: string) => TABLES.get(relation)?.treatment.keep === "rows";
