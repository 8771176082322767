import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { createFetchPace } from "../fetch-pace";
import { onRowsOf } from "../row-too-large";
import { wordsOf } from "../store-fault";
import { keptTables } from "./install-capture";
import { endsBase, type JournalEntry, type SealedRecord } from "./journal-frame";
import { TABLES } from "./journaled-tables";
import { keyOf, readTables, type Table } from "./replay-journal";

const ROWS_AT_ONCE = 500;
const FETCH_CHARACTERS = 1024 * 1024;

type Row = Record<string, unknown>;

/** A captured table that is not what the journal says of it, and how, in words. */
export type TableDamage = { relation: string; found: string };

/**
 * Reads every captured table, and compares it with what the journal's records say of it, row by row, by key and digest;
 * one that cannot be read is damaged too. The records begin where a rebuild would, and are of the database's schema.
 * Changes nothing. Raises `RowTooLarge`, and what the journal's file system raises.
 */
export async function compareRows(
  client: PGlite,
  records: AsyncIterable<SealedRecord & { entry: JournalEntry }>,
): Promise<TableDamage[]> {
  const tables = await readTables(client);
  const kept = (await keptTables(client)).flatMap(({ relation, stamp }) => {
    const table = tables.get(relation);
    return stamp !== "" || table === undefined ? [] : [table];
  });
  const told = await rowsTold(kept, records);
  const damages: TableDamage[] = [];
  for (const table of kept) {
    const found = await onRowsOf(table.relation, () =>
      compareTable(client, table, told.get(table.relation) ?? new Map()),
    );
    if (found !== null) damages.push({ relation: table.relation, found });
  }
  return damages;
}

type Told = ReadonlyMap<string, Map<string, string>>;

/**
 * Digests of the rows that the journal says are there, by relation and key. A base counts once it is whole, in place of
 * all before it; one that was never finished is passed over.
 */
async function rowsTold(
  tables: readonly Table[],
  records: AsyncIterable<SealedRecord & { entry: JournalEntry }>,
): Promise<Told> {
  const byRelation = new Map(tables.map((table) => [table.relation, table]));
  const nothing = (): Told => new Map(tables.map(({ relation }) => [relation, new Map<string, string>()]));
  const take = (into: Told, { changes }: JournalEntry) => {
    for (const { relation, op, row } of changes) {
      const table = byRelation.get(relation);
      if (table === undefined) continue;
      if (op === "put") into.get(relation)?.set(keyOf(table, row), digestOf(table, row));
      else if (op === "delete") into.get(relation)?.delete(keyOf(table, row));
    }
  };
  let told = nothing();
  let begun: Told | null = null;
  for await (const { entry } of records) {
    if (entry.base === undefined) take(told, entry);
    else if (entry.base.part === 0) begun = nothing();
    if (begun !== null) take(begun, entry);
    if (begun === null || !endsBase(entry)) continue;
    told = begun;
    begun = null;
  }
  return told;
}

async function compareTable(client: PGlite, table: Table, told: Map<string, string>): Promise<string | null> {
  const { relation } = table;
  let [there, extra, changed] = [0, 0, 0];
  try {
    await client.transaction(async (sink) => {
      // The rows as they lie, whatever an index says of them.
      await sink.exec("set local enable_indexscan = off; set local enable_indexonlyscan = off;");
      await sink.exec(`declare rows_there cursor for select to_jsonb(t)::text as text from "${relation}" t`);
      const pace = createFetchPace(ROWS_AT_ONCE, FETCH_CHARACTERS);
      for (let isMore = true; isMore; ) {
        const asked = pace.rows;
        const { rows } = await sink.query<{ text: string }>(`fetch ${asked} from rows_there`);
        for (const { text } of rows) {
          // Safe: a row as JSON is an object.
          const row = JSON.parse(text) as Row;
          const key = keyOf(table, row);
          const digest = told.get(key);
          there += 1;
          if (digest === undefined) extra += 1;
          else if (digest !== digestOf(table, row)) changed += 1;
          told.delete(key);
        }
        pace.saw(
          rows.length,
          rows.reduce((sum, { text }) => sum + text.length, 0),
        );
        isMore = rows.length === asked;
      }
      await sink.exec("close rows_there");
      there -= await countByKey(sink, table);
    });
  } catch (error) {
    return `it cannot be read, ${wordsOf(error)}`;
  }
  const found = [
    ...(told.size > 0 ? [`${told.size} rows of the journal are not there`] : []),
    ...(changed > 0 ? [`${changed} are not as the journal has them`] : []),
    ...(extra > 0 ? [`${extra} are not in the journal`] : []),
    ...(there !== 0 ? [`its key leads to ${Math.abs(there)} rows ${there > 0 ? "less" : "more"} than there are`] : []),
  ];
  return found.length === 0 ? null : found.join(", ");
}

/** How many rows the index of its key leads to. */
async function countByKey(sink: Pick<PGlite, "exec" | "query">, { relation, keys }: Table): Promise<number> {
  const names = keys.map((name) => `"${name}"`).join(", ");
  await sink.exec(
    "set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local enable_indexscan = on;",
  );
  const { rows } = await sink.query<{ count: number }>(
    `select count(*)::float8 as count from (select * from "${relation}" order by ${names} offset 0) as by_key`,
  );
  return rows[0]?.count ?? 0;
}

/** Of what the journal keeps of a row, whatever the order of its members. */
function digestOf({ relation }: Table, row: Row): string {
  const treatment = TABLES.get(relation)?.treatment;
  const ignored = treatment?.keep === "rows" ? (treatment.ignored ?? []) : [];
  const kept = Object.fromEntries(Object.entries(row).filter(([name]) => !ignored.includes(name)));
  return createHash("sha256").update(canonical(kept)).digest("base64").slice(0, 24);
}

/** JSON with the members of every object in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
