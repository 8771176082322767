import type { PGlite } from "@electric-sql/pglite";
import { createFetchPace } from "../fetch-pace";
import { onRowsOf } from "../row-too-large";
import { relationsThere } from "./install-capture";
import { type JournalEntry, type RowChange, type SealedRecord, sealRecord } from "./journal-frame";
import { TABLES, type TableInfo } from "./journaled-tables";

const ROWS_AT_ONCE = 500;
/** A record of a base has about this much of rows, so that it is neither many syncs nor one line without bound. */
const RECORD_BYTES = 1024 * 1024;

type Sink = Pick<PGlite, "query" | "exec">;
type Row = Record<string, unknown>;

/** Whether any journaled table has a row, or cannot be read: a store older than its journal. */
export async function hasJournaledRows(sink: Sink): Promise<boolean> {
  const there = await relationsThere(sink);
  for (const { relation, treatment } of TABLES.values()) {
    if (treatment.keep !== "rows" || !there.has(relation)) continue;
    try {
      const { rows } = await sink.query<{ is_filled: boolean }>(
        `select exists (select 1 from "${relation}") as is_filled`,
      );
      if (rows[0]?.is_filled === true) return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return true;
    }
  }
  return false;
}

/** Postgres' own words for a page or an index that is not what was written. */
const isDamage = (error: unknown) => error instanceof Error && "code" in error && /^XX00[12]$/.test(`${error.code}`);

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
    await onRowsOf(table.relation, async () => {
      for await (const text of rowsOf(sink, table)) {
        if (bytes > RECORD_BYTES) {
          pages.push([]);
          bytes = 0;
        }
        // Safe: a row as JSON is an object.
        pages.at(-1)?.push(baseChange(table, JSON.parse(text) as Row));
        bytes += text.length;
      }
    });
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
    const values = [record.sequence, record.sha256, record.line];
    await onRowsOf(changes.at(-1)?.relation ?? "journal_records", () =>
      sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", values),
    );
  }
  return records;
}

/** Every row as JSON, in the order of its key: sorted once, and never all in the database's memory twice. */
async function* rowsOf(sink: Sink, { relation, keys }: TableInfo): AsyncGenerator<string> {
  const columns = keys.map((name) => `"${name}"`).join(", ");
  await sink.exec(`declare base cursor for select to_jsonb(t)::text as text from "${relation}" t order by ${columns}`);
  const pace = createFetchPace(ROWS_AT_ONCE, RECORD_BYTES);
  for (let isMore = true; isMore; ) {
    const asked = pace.rows;
    const { rows } = await sink.query<{ text: string }>(`fetch ${asked} from base`);
    let characters = 0;
    for (const { text } of rows) {
      yield text;
      characters += text.length;
    }
    pace.saw(rows.length, characters);
    isMore = rows.length === asked;
  }
  await sink.exec("close base");
}

/** What a base says of a row that stands. */
export function baseChange({ relation, keys, treatment }: TableInfo, row: Row): RowChange {
  if (treatment.keep !== "voids") return { relation, op: "put", row };
  const kept = [...keys, treatment.stamp];
  return {
    relation,
    op: "void-before",
    row: Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(name))),
  };
}
