import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { JOURNAL_START, parseRecord, type SealedRecord } from "../journal/journal-frame";
import { hasJournaledRows } from "../journal/write-base";
import { appliedMigrations } from "../migrate";
import { runIn } from "./migrate-pglite";

/** A place in the chain of records: the record, and what it digests to. */
export type Position = { sequence: number; sha256: string };
/** Before the first record of all. */
export const START: Position = { sequence: 0, sha256: JOURNAL_START };

/** What a database says of itself before anyone changes it. */
export type FoundRows = {
  /** The migrations that it has taken. */
  applied: number[];
  /** The newest record that its rows include; null where there is none. */
  last: Position | null;
  /** Records that are stored beside the rows, oldest first. */
  records: SealedRecord[];
  hasRows: boolean;
};

/** Reads all that a verdict needs of a database; it may be of any schema, also of none. */
export async function readFoundRows(client: PGlite): Promise<FoundRows> {
  const applied = await appliedMigrations(runIn(client));
  if (applied.length === 0) return { applied, last: null, records: [], hasRows: false };
  const { rows } = await client.query<SealedRecord>(
    "select sequence, sha256, line from journal_records order by sequence",
  );
  const records = rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  const newest = records.at(-1);
  return {
    applied,
    last: newest === undefined ? null : { sequence: newest.sequence, sha256: newest.sha256 },
    records,
    hasRows: await hasJournaledRows(client),
  };
}

/** The stored records that come after a position; null when they do not follow it without a gap. */
export function recordsAfter(rows: FoundRows, from: Position): SealedRecord[] | null {
  let at = from;
  const after = rows.records.filter(({ sequence }) => sequence > from.sequence);
  for (const record of after) {
    const entry = parseRecord(record.line);
    const digest = createHash("sha256").update(record.line).digest("hex");
    if (entry?.sequence !== at.sequence + 1 || entry.previous !== at.sha256 || digest !== record.sha256) return null;
    at = record;
  }
  return after;
}
