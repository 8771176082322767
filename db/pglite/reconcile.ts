import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { JOURNAL_START, parseRecord, type SealedRecord } from "../journal/journal-frame";
import type { JournalFs } from "../journal/journal-fs";
import { createJournalWriter, type JournalWriter } from "../journal/journal-writer";
import { NOT_KEPT, TABLES } from "../journal/journaled-tables";
import { type JournalScan, readJournal, scanJournal } from "../journal/read-journal";
import { rebuildRows } from "../journal/replay-journal";
import { hasJournaledRows, writeBase } from "../journal/write-base";
import { NOTHING_FOUND, type Recovery } from "../recovery";

export type ReconcileInput = {
  client: PGlite;
  fs: JournalFs;
  folder: string;
  clock: Clock;
  /** The newest migration that the rows have gone through. */
  schema: number;
  /** The database was made just now, because there was none or the old one was set aside. */
  isNew: boolean;
  /** The database may have lost anything that was not synced: the machine went down while it was open. */
  isDoubtful: boolean;
  setAside: Recovery["setAside"];
};

type Position = { sequence: number; sha256: string };

/**
 * Lets rows and journal complete each other, and answers with a journal that ends where the rows end. Raises
 * `unavailable` when they contradict each other, or when neither can be trusted: nothing is changed then.
 */
export async function reconcile(input: ReconcileInput): Promise<{ writer: JournalWriter; recovery: Recovery }> {
  const { client, fs, folder } = input;
  const rows = await readRecords(client);
  const scan = await scanJournal(fs, folder, rows.last?.sequence ?? 0);
  const state = { input, scan, rows };

  if (scan.state === "damaged") {
    const reason = `the journal is damaged after record ${scan.afterSequence} in ${scan.segment}`;
    if (input.isNew || input.isDoubtful) throw refuse(reason, "the database alone cannot be trusted");
    return beginAnew(state, reason);
  }
  if (scan.state === "empty") {
    if (rows.last === null) return beginFirst(state);
    // The journal that once held these records is not there. Rows that survived are the only truth left.
    if (rows.isContinuation(START)) return complete(state, START);
    if (input.isDoubtful) throw refuse("the journal is missing", "the machine went down while the store was open");
    return beginAnew(state, "the journal is missing");
  }
  if (rows.last === null) {
    if (!input.isNew && (await hasJournaledRows(client))) {
      throw refuse("the rows were never journaled", "the journal tells of others");
    }
    return rebuild(state, scan);
  }
  if (rows.last.sequence > scan.last.sequence) {
    if (rows.isContinuation(scan.last)) return complete(state, scan.last);
    if (input.isDoubtful) throw refuse("the journal lacks its last records", "and the database cannot be trusted");
    return beginAnew(state, `the journal lacks records after ${scan.last.sequence}`);
  }
  if (scan.wantedSha256 !== rows.last.sha256) {
    throw refuse(
      `at record ${rows.last.sequence} the database and the journal differ`,
      "they are not of one store, or one was restored from elsewhere",
    );
  }
  if (rows.last.sequence < scan.last.sequence || input.isDoubtful) return rebuild(state, scan);
  const writer = createJournalWriter(fs, folder, scan.last);
  return { writer, recovery: report(state, "agreed", { sequence: scan.last.sequence }) };
}

type State = { input: ReconcileInput; scan: JournalScan; rows: StoredRecords };
const START: Position = { sequence: 0, sha256: JOURNAL_START };

type StoredRecords = {
  last: Position | null;
  records: SealedRecord[];
  /** Whether the stored records go on, without a gap, from a position. */
  isContinuation(from: Position): boolean;
};

async function readRecords(client: PGlite): Promise<StoredRecords> {
  const { rows } = await client.query<SealedRecord>(
    "select sequence, sha256, line from journal_records order by sequence",
  );
  const records = rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  const newest = records.at(-1);
  return {
    last: newest === undefined ? null : { sequence: newest.sequence, sha256: newest.sha256 },
    records,
    isContinuation(from) {
      let at = from;
      for (const record of records.filter(({ sequence }) => sequence > from.sequence)) {
        const entry = parseRecord(record.line);
        const digest = createHash("sha256").update(record.line).digest("hex");
        if (entry?.sequence !== at.sequence + 1 || entry.previous !== at.sha256 || digest !== record.sha256)
          return false;
        at = record;
      }
      return at.sequence === newest?.sequence;
    },
  };
}

function refuse(what: string, why: string): AppError {
  return new AppError("unavailable", `The store is not opened, and nothing is published: ${what}; ${why}.`);
}

function report(state: State, outcome: Recovery["outcome"], more: Partial<Recovery>): Recovery {
  const tornBytes = state.scan.state === "damaged" ? 0 : state.scan.tornBytes;
  return {
    outcome,
    sequence: 0,
    recordsAppended: 0,
    recordsReplayed: 0,
    tornBytes,
    setAside: state.input.setAside,
    lost: [],
    ended: [],
    bundles: NOTHING_FOUND.bundles,
    ...more,
  };
}

async function base(state: State, from: Position): Promise<void> {
  const { client, clock, schema } = state.input;
  const at = new Date(clock.nowMs()).toISOString();
  await client.transaction(async (sink) => {
    await sink.exec("delete from journal_records");
    await writeBase(sink, from, { at, schema });
  });
}

/** Nothing was ever journaled: a new store, or one that is older than its journal and begins it with all its rows. */
async function beginFirst(state: State): Promise<{ writer: JournalWriter; recovery: Recovery }> {
  const { client, fs, folder } = state.input;
  const writer = createJournalWriter(fs, folder, START);
  if (!(await hasJournaledRows(client))) {
    const isKept = state.input.setAside.length > 0;
    return {
      writer,
      recovery: report(state, isKept ? "store-rebuilt" : "fresh", isKept ? { lost: [...NOT_KEPT] } : {}),
    };
  }
  await base(state, START);
  const recordsAppended = await appendStored(client, writer);
  return { writer, recovery: report(state, "journal-completed", { sequence: writer.last.sequence, recordsAppended }) };
}

/** The rows are ahead by commits that were not acknowledged, or whose acknowledgement crossed with a crash. */
async function complete(state: State, from: Position): Promise<{ writer: JournalWriter; recovery: Recovery }> {
  const { client, fs, folder, isDoubtful } = state.input;
  const writer = createJournalWriter(fs, folder, from);
  const recordsAppended = await appendStored(client, writer);
  const appended = { sequence: writer.last.sequence, recordsAppended };
  if (!isDoubtful) return { writer, recovery: report(state, "journal-completed", appended) };
  const scan = await scanJournal(fs, folder);
  if (scan.state !== "whole") throw refuse("the journal cannot be read back", "it was written just now");
  const rebuilt = await rebuild(state, scan);
  return { writer, recovery: { ...rebuilt.recovery, recordsAppended } };
}

async function appendStored(client: PGlite, writer: JournalWriter): Promise<number> {
  const { records } = await readRecords(client);
  const missing = records.filter(({ sequence }) => sequence > writer.last.sequence);
  for (const record of missing) await writer.append(record);
  return missing.length;
}

async function rebuild(
  state: State,
  scan: Extract<JournalScan, { state: "whole" }>,
): Promise<{ writer: JournalWriter; recovery: Recovery }> {
  const { client, fs, folder, isDoubtful } = state.input;
  if (scan.rebuildFrom === null) throw refuse("the journal was begun anew and not finished", "the rows are needed");
  const isNew = state.input.isNew || state.rows.last === null;
  const lost: string[] = isNew ? [...NOT_KEPT] : [];
  if (isDoubtful && !isNew) lost.push(...(await dropUnreadable(client)));
  const { replayed } = await rebuildRows(client, readJournal(fs, folder, scan.rebuildFrom));
  return {
    writer: createJournalWriter(fs, folder, scan.last),
    recovery: report(state, isNew ? "store-rebuilt" : "rows-rebuilt", {
      sequence: scan.last.sequence,
      recordsReplayed: replayed,
      lost,
      ended: isNew ? [] : ENDED,
    }),
  };
}

const ENDED = [...TABLES.values()].flatMap(({ treatment }) =>
  treatment.keep === "nothing" && treatment.onPowerLoss === "end" ? [treatment.title] : [],
);

/** After the machine went down: indexes are made anew, and tables beside the journal that cannot be read are emptied. */
async function dropUnreadable(client: PGlite): Promise<string[]> {
  const lost: string[] = [];
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep === "rows") continue;
    try {
      await client.exec(`reindex table "${relation}"`);
      await client.query(`select count(t.*) from "${relation}" t`);
    } catch {
      // Whatever it is, its rows cannot be had any more; the report says so.
      await client.exec(`truncate "${relation}"`);
      if (treatment.title !== "") lost.push(treatment.title);
    }
  }
  return lost;
}

/** Sets the journal aside and begins another with all rows as they stand. */
async function beginAnew(state: State, reason: string): Promise<{ writer: JournalWriter; recovery: Recovery }> {
  const { client, fs, folder, clock, setAside } = state.input;
  const from = state.rows.last ?? START;
  await base(state, from);
  if (existsSync(folder)) {
    const path = setAsidePath(folder, clock);
    renameSync(folder, path);
    setAside.push({ path, reason });
  }
  const writer = createJournalWriter(fs, folder, from);
  const recordsAppended = await appendStored(client, writer);
  return {
    writer,
    recovery: report(state, "journal-begun-anew", { sequence: writer.last.sequence, recordsAppended }),
  };
}

/** `FOLDER.set-aside-2026-11-23T04-17-14Z`, beside the folder. */
export function setAsidePath(folder: string, clock: Clock): string {
  const stamp = new Date(clock.nowMs())
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  let path = `${folder}.set-aside-${stamp}`;
  for (let n = 2; existsSync(path); n += 1) path = `${folder}.set-aside-${stamp}-${n}`;
  return path;
}
