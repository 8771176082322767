import { compareRows, type TableDamage } from "../journal/compare-rows";
import { type JournalEntry, parseRecord, type SealedRecord } from "../journal/journal-frame";
import type { JournalFs } from "../journal/journal-fs";
import { type JournalScan, readJournal } from "../journal/read-journal";
import type { OpenedDatabase } from "./find-database";
import type { Verdict } from "./verdict";

type Beside = {
  fs: JournalFs;
  folder: string;
  scan: JournalScan;
  verdict: Extract<Verdict, { do: "go-on" }>;
};

/**
 * The captured tables that are not what the journal says of them. None where nothing can be said: nothing was journaled,
 * the rows are of another schema, or they are to be made from the journal anyway.
 */
export async function damagedTables({ client, rows }: OpenedDatabase, beside: Beside): Promise<TableDamage[]> {
  const { scan, verdict } = beside;
  if (verdict.isRemade || verdict.schema === null || rows.applied.at(-1) !== verdict.schema) return [];
  const from = scan.state === "whole" ? scan.rebuildFrom : 1;
  return from === null ? [] : compareRows(client, recordsFrom(beside, from));
}

/** The journal's records from one on, and those that are beside the rows alone. */
export async function* recordsFrom(
  { fs, folder, verdict }: Pick<Beside, "fs" | "folder" | "verdict">,
  from: number,
): AsyncGenerator<SealedRecord & { entry: JournalEntry }> {
  yield* readJournal(fs, folder, from);
  for (const record of verdict.missing) {
    const entry = parseRecord(record.line);
    if (entry !== null) yield { ...record, entry };
  }
}
