import type { PGlite } from "@electric-sql/pglite";
import { type JournalEntry, type RowChange, type SealedRecord, sealRecord } from "./journal-frame";
import { TABLES } from "./journaled-tables";

const ROWS_AT_ONCE = 500;

/** Whether any journaled table has a row: a store older than its journal. */
export async function hasJournaledRows(client: PGlite): Promise<boolean> {
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep !== "rows") continue;
    const { rows } = await client.query<{ is_filled: boolean }>(
      `select exists (select 1 from "${relation}") as is_filled`,
    );
    if (rows[0]?.is_filled === true) return true;
  }
  return false;
}

/**
 * Turns all journaled rows, as they stand, into records that follow `from`, and stores them beside the rows; appending
 * them is the business of whoever opens the journal. A rebuild begins at the newest whole base.
 */
export async function writeBase(client: PGlite, from: { sequence: number; sha256: string }, at: string): Promise<void> {
  await client.transaction(async (sink) => {
    const pages: RowChange[][] = [];
    for (const { relation, keys, treatment } of TABLES.values()) {
      if (treatment.keep === "nothing") continue;
      const columns = keys.map((name) => `"${name}"`).join(", ");
      for (let offset = 0; ; offset += ROWS_AT_ONCE) {
        const { rows } = await sink.query<{ row: Record<string, unknown> }>(
          `select to_jsonb(t) as row from "${relation}" t order by ${columns} limit ${ROWS_AT_ONCE} offset ${offset}`,
        );
        if (rows.length === 0) break;
        pages.push(rows.map(({ row }) => change(relation, keys, treatment, row)));
        if (rows.length < ROWS_AT_ONCE) break;
      }
    }
    if (pages.length === 0) pages.push([]);
    await sink.exec("delete from journal_records; delete from journal_changes");
    let { sequence, sha256: previous } = from;
    for (const [part, changes] of pages.entries()) {
      sequence += 1;
      const entry: JournalEntry = { sequence, previous, at, base: { part, parts: pages.length }, changes };
      const record: SealedRecord = sealRecord(entry);
      previous = record.sha256;
      await sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", [
        record.sequence,
        record.sha256,
        record.line,
      ]);
    }
  });
}

type Table = typeof TABLES extends ReadonlyMap<string, infer Info> ? Info : never;

function change(
  relation: string,
  keys: readonly string[],
  treatment: Table["treatment"],
  row: Record<string, unknown>,
): RowChange {
  if (treatment.keep !== "voids") return { relation, op: "put", row };
  const kept = [...keys, treatment.stamp];
  return {
    relation,
    op: "void-before",
    row: Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(name))),
  };
}
