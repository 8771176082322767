import type { PGlite } from "@electric-sql/pglite";
import type { Clock } from "@/lib/platform/clock";
import { invariant } from "@/lib/platform/errors";
import { type CredentialsFile, newestRows, standingRows } from "../journal/credentials-file";
import { installCapture, relationsThere } from "../journal/install-capture";
import type { JournalFs } from "../journal/journal-fs";
import { isLong, type JournalLength } from "../journal/journal-length";
import { createJournalWriter, type JournalWriter } from "../journal/journal-writer";
import { TABLES } from "../journal/journaled-tables";
import { type JournalScan, readJournal, scanJournal } from "../journal/read-journal";
import { rebuildRows, type VoidableRows } from "../journal/replay-journal";
import { writeBase } from "../journal/write-base";
import { applyMigrations, type Migration, newestSchema, planMigrations } from "../migrate";
import { NOTHING_FOUND, type Recovery } from "../recovery";
import { runIn } from "./migrate-pglite";
import { OpeningFault } from "./opening-fault";
import type { FoundRows, Position } from "./stored-records";
import type { Verdict } from "./verdict";

export type SettleInput = {
  client: PGlite;
  rows: FoundRows;
  fs: JournalFs;
  folder: string;
  scan: JournalScan;
  /** Where the journal ends, or the records before it would. */
  from: Position;
  credentials: CredentialsFile;
  verdict: Extract<Verdict, { do: "go-on" }>;
  known: readonly Migration[];
  clock: Clock;
  isDoubtful: boolean;
};

export type Settled = {
  writer: JournalWriter;
  recovery: Recovery;
  /** Where the journal begins again, when it does: segments before this record are over. */
  baseFrom: number | null;
  length: JournalLength;
};

export function lengthOf(scan: JournalScan): JournalLength {
  return scan.state === "whole" ? scan : { baseBytes: 0, bytesSinceBase: 0 };
}

/**
 * Lets rows and journal complete each other, brings the rows to this program's schema, and lets the journal begin again
 * with all of them where the schema changed or the journal is long. Killed anywhere, the next opening goes on from what
 * is there. Raises `OpeningFault`, or what file system and database raised; the caller then puts both back.
 */
export async function settle(input: SettleInput): Promise<Settled> {
  const { rows, fs, folder, scan, from, verdict, known } = input;
  const writer = createJournalWriter(fs, folder, from);
  try {
    if (verdict.isRemade && input.isDoubtful) await refuseUnreadable(input.client);
    const voidable = await newestCredentials(input);
    // As a commit does: before a record that voids what was there.
    if (verdict.missing.length > 0) await input.credentials.replace(voidable);
    for (const record of verdict.missing) await writer.append(record);
    const remade = verdict.isRemade
      ? await remakeRows(input, voidable, writer.last)
      : { replayed: 0, applied: rows.applied };
    const { pending } = planMigrations(known, remade.applied);
    const isTold = verdict.schema !== null || rows.hasRows;
    const needsBase =
      isTold && (pending.length > 0 || verdict.schema !== newestSchema(known) || isLong(lengthOf(scan)));
    const base = await migrateAndBegin(input, writer, { pending, needsBase });
    const baseFrom = base?.from ?? null;
    const length = base === null ? lengthOf(scan) : { baseBytes: base.bytes, bytesSinceBase: 0 };
    const recovery: Recovery = {
      ...NOTHING_FOUND,
      outcome: outcomeOf(input),
      sequence: writer.last.sequence,
      recordsAppended: verdict.missing.length,
      recordsReplayed: remade.replayed,
      tornBytes: scan.state === "damaged" ? 0 : scan.tornBytes,
      ended: verdict.isRemade ? ENDED : [],
      migrated: rows.applied.length === 0 ? [] : planMigrations(known, rows.applied).pending.map(({ name }) => name),
      baseFrom,
    };
    return { writer, recovery, baseFrom, length };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

const ENDED = [...TABLES.values()].flatMap(({ treatment }) =>
  treatment.keep === "nothing" && treatment.onPowerLoss === "end" ? [treatment.title] : [],
);

function outcomeOf({ rows, scan, verdict }: SettleInput): Recovery["outcome"] {
  if (verdict.isRemade) return "rows-rebuilt";
  if (verdict.missing.length > 0 || (scan.state === "empty" && rows.hasRows)) return "journal-completed";
  return scan.state === "empty" ? "fresh" : "agreed";
}

/** Of the file beside the journal and of the rows that stand: either may be ahead, by a commit that was cut off or lost. */
async function newestCredentials({ client, rows, credentials }: SettleInput): Promise<VoidableRows> {
  const kept = (await credentials.read()) ?? {};
  return rows.applied.length === 0 ? kept : newestRows(kept, await standingRows(runIn(client)));
}

/** Makes the rows from the journal, in the schema that it is in; answers with the steps that the database has then taken. */
async function remakeRows(
  input: SettleInput,
  voidable: VoidableRows,
  last: Position,
): Promise<{ replayed: number; applied: number[] }> {
  const { client, rows, fs, folder, verdict, known } = input;
  const steps = planMigrations(known, rows.applied).pending.filter(({ at }) => at <= (verdict.schema ?? 0));
  try {
    await client.transaction((sink) => applyMigrations(runIn(sink), steps));
  } catch (error) {
    // The rows that the step stumbled over are the doubtful ones, which are to be replaced.
    throw new OpeningFault("database-unreadable", error);
  }
  const scan = await scanJournal(fs, folder);
  invariant(scan.state === "whole" && scan.rebuildFrom !== null, "a verdict to remake has seen a whole journal");
  invariant(scan.last.sha256 === last.sha256, "the journal ends where it was written to");
  const { replayed } = await rebuildRows(client, readJournal(fs, folder, scan.rebuildFrom), voidable);
  return { replayed, applied: [...rows.applied, ...steps.map(({ at }) => at)] };
}

/** After the machine went down: indexes of the tables beside the journal are made anew, and every row is read. */
async function refuseUnreadable(client: PGlite): Promise<void> {
  const there = await relationsThere(client);
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep === "rows" || !there.has(relation)) continue;
    try {
      await client.exec(`reindex table "${relation}"`);
      await client.query(`select count(t.*) from "${relation}" t`);
    } catch (error) {
      throw new OpeningFault("table-unreadable", error, relation);
    }
  }
}

/** One transaction brings the rows to the newest schema and stores the base beside them; it is read back once it is on disk. */
async function migrateAndBegin(
  input: SettleInput,
  writer: JournalWriter,
  of: { pending: Migration[]; needsBase: boolean },
): Promise<{ from: number; bytes: number } | null> {
  const { client, known, clock } = input;
  const from = writer.last;
  const about = { at: new Date(clock.nowMs()).toISOString(), schema: newestSchema(known) };
  const base = await client.transaction(async (sink) => {
    await applyMigrations(runIn(sink), of.pending);
    await installCapture(sink);
    return of.needsBase ? writeBase(sink, from, about) : [];
  });
  if (base.length === 0) return null;
  // The base has segments of its own, so that those before it can go.
  await writer.close();
  for (const record of base) await writer.append(record);
  await readBack(input, from.sequence + 1, writer.last);
  return { from: from.sequence + 1, bytes: base.reduce((sum, { line }) => sum + line.length, 0) };
}

/** Raises `OpeningFault` where a base that was appended just now is not what the journal begins with. */
export async function readBack(
  { fs, folder }: Pick<SettleInput, "fs" | "folder">,
  baseFrom: number,
  last: Position,
): Promise<void> {
  const scan = await scanJournal(fs, folder, last.sequence);
  const isThere = scan.state === "whole" && scan.rebuildFrom === baseFrom && scan.wantedSha256 === last.sha256;
  if (!isThere) throw new OpeningFault("journal-damaged", new Error("what was appended just now cannot be read back"));
}
