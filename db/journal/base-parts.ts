import type { PGlite } from "@electric-sql/pglite";
import { onRowsOf } from "../row-too-large";
import type { RowChange } from "./journal-frame";
import { TABLES, type TableInfo } from "./journaled-tables";
import { baseChange } from "./write-base";

/** A part has about this much of rows as text, but for one row alone: some 8 ms of the database where nothing else runs. */
export const PART_CHARACTERS = 64 * 1024;
/** Of one look at a table: as many rows, and about as many bytes as they are stored, perhaps packed, and as text. */
const ROWS_A_LOOK = 500;
const STORED_BYTES_A_LOOK = 64 * 1024;

const KEPT = [...TABLES.values()].filter(({ treatment }) => treatment.keep !== "nothing");

type Row = Record<string, unknown>;
type Sink = Pick<PGlite, "query">;

/** How far a base has come: which table, and the last row of it that is in. */
export type BasePlace = { table: number; after: Row | null };
export const BASE_START: BasePlace = { table: 0, after: null };

/**
 * The next rows of a base, in the order of tables and keys, inside the caller's transaction, and where those after them
 * begin: null where there are none. `most`: characters of a part. Raises `RowTooLarge`.
 */
export async function readBasePart(
  sink: Sink,
  from: BasePlace,
  most: number,
): Promise<{ changes: RowChange[]; next: BasePlace | null }> {
  const changes: RowChange[] = [];
  let { table, after } = from;
  for (let characters = 0; characters < most; ) {
    const info = KEPT[table];
    if (info === undefined) return { changes, next: null };
    const texts = await onRowsOf(info.relation, () => look(sink, info, after, most));
    for (const text of texts) {
      // Safe: a row as JSON is an object.
      after = JSON.parse(text) as Row;
      changes.push(baseChange(info, after));
      characters += text.length;
    }
    if (texts.length > 0) continue;
    table += 1;
    after = null;
  }
  return { changes, next: { table, after } };
}

/** Rows behind one, by the index of their key, as few as are small together: what is too much for once is never unpacked. */
async function look(
  sink: Sink,
  { relation, keys, columns }: TableInfo,
  after: Row | null,
  most: number,
): Promise<string[]> {
  const named = (names: readonly string[], of = "") => names.map((name) => `${of}"${name}"`).join(", ");
  const behind = `where (${named(keys)}) > (select ${named(keys, "r.")} from jsonb_populate_record(null::"${relation}", $1::jsonb) r)`;
  const order = `order by ${named(keys)}`;
  const stored = columns.map((name) => `coalesce(pg_column_size("${name}"), 0)`).join(" + ");
  const before = (bytes: string) =>
    `coalesce(sum(${bytes}) over (${order} rows between unbounded preceding and 1 preceding), 0)`;
  const ahead = `select * from "${relation}" ${after === null ? "" : behind} ${order} limit ${ROWS_A_LOOK}`;
  const packed = `select *, ${before(stored)} as stored_before from (${ahead}) ahead`;
  const texts = `select ${named(keys)}, (to_jsonb(packed) - 'stored_before')::text as text from (${packed}) packed where stored_before < ${STORED_BYTES_A_LOOK}`;
  const few = `select *, ${before("length(text)")} as text_before from (${texts}) texts`;
  const { rows } = await sink.query<{ text: string }>(
    `select text from (${few}) few where text_before < ${most} ${order}`,
    after === null ? [] : [JSON.stringify(after)],
  );
  return rows.map(({ text }) => text);
}
