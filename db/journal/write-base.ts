import type { PGlite } from "@electric-sql/pglite";
import { relationsThere } from "./install-capture";
import { type JournalEntry, type RowChange, type SealedRecord, sealRecord } from "./journal-frame";
import { TABLES, type TableInfo } from "./journaled-tables";

const ROWS_AT_ONCE = 500;
/** A record of a base has about this much of rows, so that it is neither many syncs nor one line without bound. */
const RECORD_BYTES = 1024 * 1024;

type Sink = Pick<PGlite, "query" | "exec">;
type Row = Record<string, unknown>;

/** Whether any journaled table has a row: a store older than its journal. */
export async function hasJournaledRows(sink: Sink): Promise<boolean> {
  const there = await relationsThere(sink);
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep !== "rows" || !there.has(relation)) continue;
    const { rows } = await sink.query<{ is_filled: boolean }>(
      `select exists (select 1 from "${relation}") as is_filled`,
    );
    if (rows[0]?.is_filled === true) return true;
  }
  return false;
}

/**
 * Turns all journaled rows, as they stand, into records that follow `from`, and stores them beside the rows, inside the
 * caller's transaction; appending them is the caller's business. A rebuild begins at the newest whole base.
 */
export async function writeBase(
  sink: Sink,
  from: { sequence: number; sha256: string },
  of: { at: string; schema: number },
): Promise<SealedRecord[]> {
  const pages: RowChange[][] = [[]];
  let bytes = 0;
  for (const table of TABLES.values()) {
    if (table.treatment.keep === "nothing") continue;
    const columns = table.keys.map((name) => `"${name}"`).join(", ");
    for (let offset = 0; ; offset += ROWS_AT_ONCE) {
      const { rows } = await sink.query<{ row: Row; bytes: number }>(
        `select to_jsonb(t) as row, octet_length(to_jsonb(t)::text) as bytes
         from "${table.relation}" t order by ${columns} limit ${ROWS_AT_ONCE} offset ${offset}`,
      );
      for (const found of rows) {
        if (bytes > RECORD_BYTES) {
          pages.push([]);
          bytes = 0;
        }
        pages.at(-1)?.push(change(table, found.row));
        bytes += found.bytes;
      }
      if (rows.length < ROWS_AT_ONCE) break;
    }
  }
  await sink.exec("delete from journal_changes");
  let { sequence, sha256: previous } = from;
  const records: SealedRecord[] = [];
  for (const [part, changes] of pages.entries()) {
    sequence += 1;
    const entry: JournalEntry = { sequence, previous, ...of, base: { part, parts: pages.length }, changes };
    const record: SealedRecord = sealRecord(entry);
    previous = record.sha256;
    records.push(record);
    await sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", [
      record.sequence,
      record.sha256,
      record.line,
    ]);
  }
  return records;
}

function change({ relation, keys, treatment }: TableInfo, row: Row): RowChange {
  if (treatment.keep !== "voids") return { relation, op: "put", row };
  const kept = [...keys, treatment.stamp];
  return {
    relation,
    op: "void-before",
    row: Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(name))),
  };
}
