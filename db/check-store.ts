import { PGlite } from "@electric-sql/pglite";
import { keptTables } from "./journal/install-capture";
import { parseRecord, type SealedRecord } from "./journal/journal-frame";
import { nodeJournalFs } from "./journal/journal-fs";
import { TABLES } from "./journal/journaled-tables";
import { readJournal, scanJournal } from "./journal/read-journal";
import { rebuildRows } from "./journal/replay-journal";
import { acquireLock } from "./lock/acquire-lock";
import { applyMigrations, findMigrationsFolder, type Migration, readMigrations } from "./migrate";
import { readDoubt } from "./pglite/doubt";
import { findDatabase, type OpenedDatabase } from "./pglite/find-database";
import { runIn } from "./pglite/migrate-pglite";
import { storePaths } from "./pglite/store-paths";
import { verdictOn } from "./pglite/verdict";
import { isTooLarge, onRowsOf, RowTooLarge } from "./row-too-large";
import { STORE_FAULTS, type StoreFaultCode, wordsOf } from "./store-fault";
import { requireOwnDatabase } from "./take-data-folder";

/** One thing that is wrong with a store, in words, and what to do about it. */
export type StoreFinding = { code: StoreFaultCode; found: string; remedy: string };

export type StoreCheck = {
  /** None: rows and journal say the same, and every table can be read. */
  findings: StoreFinding[];
  /** Rows of each table that could be read. */
  tables: { table: string; rows: number }[];
};

/**
 * Reads every row of an embedded store and compares it with the journal; changes nothing, and leaves the store closed.
 * Raises `unavailable` while a process has the folder open.
 */
export async function checkStore(dataDir: string): Promise<StoreCheck> {
  requireOwnDatabase(dataDir);
  const paths = storePaths(dataDir);
  const lock = await acquireLock(paths.lock);
  try {
    const doubt = readDoubt(paths.lock);
    if (lock.previous === "machine-died") await doubt.begin();
    return await checkFolder(dataDir, doubt.is);
  } finally {
    // Nothing was changed, so what the last holder left behind is left to the next one.
    await (lock.previous === "clean" ? lock.release() : lock.abandon());
  }
}

async function checkFolder(dataDir: string, isDoubtful: boolean): Promise<StoreCheck> {
  const check: StoreCheck = { findings: [], tables: [] };
  const find = (code: StoreFaultCode, found: string) =>
    check.findings.push({ code, found, remedy: STORE_FAULTS[code].remedy(dataDir) });
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
    if (verdict.do !== "go-on" || check.findings.length > 0) return check;
    // Nothing was journaled, or the rows are of another schema: then the next start begins a new base with them.
    if (verdict.schema === null || database.rows.applied.at(-1) !== verdict.schema) return check;
    const from = scan.state === "whole" ? scan.rebuildFrom : 1;
    if (from === null) return check;
    const steps = known.filter(({ at }) => at <= (verdict.schema ?? 0));
    const differences = await compareWithJournal(database, steps, recordsOf(paths.journal, from, verdict.missing));
    const later = verdict.isRemade ? "; the next start makes them from the journal" : "";
    for (const difference of differences) find("rows-differ", `${difference}${later}`);
    return check;
  } catch (error) {
    if (!(error instanceof RowTooLarge)) throw error;
    find("row-too-large", `it cannot be compared with the journal, ${error.message}`);
    return check;
  } finally {
    await database?.undo();
  }
}

/** The journal's records from one on, and those that are beside the rows alone. */
async function* recordsOf(journal: string, from: number, missing: readonly SealedRecord[]) {
  yield* readJournal(nodeJournalFs, journal, from);
  for (const record of missing) {
    const entry = parseRecord(record.line);
    if (entry !== null) yield { ...record, entry };
  }
}

async function readTables(
  { client }: OpenedDatabase,
  check: StoreCheck,
  find: (code: StoreFaultCode, found: string) => void,
): Promise<void> {
  const { rows: names } = await client.query<{ relation: string }>(
    "select relname as relation from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1",
  );
  for (const { relation } of names) {
    try {
      // As text, so that every column of every row is read.
      const { rows } = await client.query<{ count: number }>(
        `select count(t::text)::float8 as count from "${relation}" t`,
      );
      check.tables.push({ table: relation, rows: rows[0]?.count ?? 0 });
    } catch (error) {
      find(isTooLarge(error) ? "row-too-large" : "table-unreadable", `${relation}: ${wordsOf(error)}`);
    }
  }
}

/** What the journaled tables have that the journal, played into a database in memory, does not say, a line a table. */
async function compareWithJournal(
  { client }: OpenedDatabase,
  steps: readonly Migration[],
  records: ReturnType<typeof recordsOf>,
): Promise<string[]> {
  const told = await PGlite.create();
  try {
    await told.transaction((sink) => applyMigrations(runIn(sink), steps));
    await rebuildRows(told, records);
    const differences: string[] = [];
    for (const { relation, stamp } of await keptTables(told)) {
      if (stamp !== "") continue;
      const [ours, theirs] = await onRowsOf(relation, async () => [
        await digestsOf(client, relation),
        await digestsOf(told, relation),
      ]);
      const lacking = [...theirs].filter((row) => !ours.has(row)).length;
      const extra = [...ours].filter((row) => !theirs.has(row)).length;
      if (lacking > 0 || extra > 0) {
        differences.push(`${relation}: ${lacking} rows of the journal are not there, ${extra} are not in the journal`);
      }
    }
    return differences;
  } finally {
    await told.close();
  }
}

/** Of every row, by what the journal keeps of it. */
async function digestsOf(client: PGlite, relation: string): Promise<Set<string>> {
  const treatment = TABLES.get(relation)?.treatment;
  const ignored = treatment?.keep === "rows" ? (treatment.ignored ?? []) : [];
  const { rows } = await client.query<{ sha256: string }>(
    `select encode(sha256(convert_to((to_jsonb(t) - $1::text[])::text, 'UTF8')), 'hex') as sha256 from "${relation}" t`,
    [[...ignored]],
  );
  return new Set(rows.map(({ sha256 }) => sha256));
}
