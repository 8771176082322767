import type { PGlite, Transaction as PgliteTransaction } from "@electric-sql/pglite";
import { invariant } from "@/lib/platform/errors";
import { onRowsOf } from "../row-too-large";
import { type KeptTable, keptTables, relationsThere } from "./install-capture";
import { endsBase, type JournalEntry, type RowChange, type SealedRecord } from "./journal-frame";
import { TABLES } from "./journaled-tables";

/** Rows that wait to be written, of one table and of all: as many as these, or as many as fit. */
const ROWS_AT_ONCE = 200;
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;

type Sink = Pick<PgliteTransaction, "query" | "exec">;
type Row = Record<string, unknown>;
/** Rows of persons of which only the newest may count (`keep: "voids"`), by relation. */
export type VoidableRows = Readonly<Record<string, readonly Row[]>>;

/** A record that this database cannot take: it is of another schema than the database. */
export class ForeignRecord extends Error {
  constructor(sequence: number, what: string) {
    super(`record ${sequence} of the journal tells of ${what}, which this schema does not have`);
  }
}

/**
 * Makes the captured tables what the journal says, in one transaction: empties them and plays every record in order.
 * `voidable` rows take the place of those that stand there, and what the journal voids is taken out of them. Rows that
 * only count until ended (sessions, open links) are ended, because one of them may have been ended by a commit that the
 * database lost. Afterwards the rows include the journal's last record. Raises `ForeignRecord` for a record that does
 * not fit the database's schema; then nothing is changed.
 */
export async function rebuildRows(
  client: PGlite,
  records: AsyncIterable<SealedRecord & { entry: JournalEntry }>,
  voidable: VoidableRows | null = null,
): Promise<{ replayed: number }> {
  return client.transaction(async (sink) => {
    // Keeps triggers and foreign keys out: records are history, in its order, and are not captured again.
    await sink.exec("set local session_replication_role = replica");
    const kept = await keptTables(sink);
    const tables = await readTables(sink);
    for (const { relation, stamp } of kept) {
      if (stamp === "" || voidable !== null) await sink.exec(`delete from "${relation}"`);
    }
    for (const { relation, treatment } of TABLES.values()) {
      if (treatment.keep === "nothing" && treatment.onPowerLoss === "end" && tables.has(relation)) {
        await sink.exec(`delete from "${relation}"`);
      }
    }
    for (const [relation, rows] of Object.entries(voidable ?? {})) {
      const table = tables.get(relation);
      if (table !== undefined) await putRows(sink, table, rows);
    }
    await sink.exec("delete from journal_changes; delete from journal_records");
    const voided = kept.filter(({ stamp }) => stamp !== "");
    const player = createPlayer(sink, tables, voided);
    let replayed = 0;
    let last: SealedRecord | null = null;
    const counts = createCounting();
    for await (const record of records) {
      replayed += 1;
      last = record;
      if (counts(record.entry)) await player.play(record.entry, record.line.length);
    }
    await player.finish();
    for (const { relation } of voided) {
      await sink.exec(`delete from "${relation}" t where not exists (select 1 from people p where p.id = t.person_id)`);
    }
    if (last !== null) {
      await sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", [
        last.sequence,
        last.sha256,
        last.line,
      ]);
    }
    await sink.exec(NEXT_NUMBER);
    return { replayed };
  });
}

/**
 * Tells of each record, from where a rebuild begins, whether it says what the rows are. Of a base that begins there all parts do,
 * and what was written between them; one that begins later was never finished: it repeats what is, and may be of another schema.
 */
function createCounting(): (entry: JournalEntry) => boolean {
  let isInBase: boolean | null = null;
  return (entry) => {
    isInBase ??= entry.base !== undefined;
    if (entry.base === undefined) return true;
    const counts = isInBase;
    if (endsBase(entry)) isInBase = false;
    return counts;
  };
}

export type Table = { relation: string; keys: string[]; columns: Set<string> };

/**
 * Makes some of the captured tables what the journal says, in one transaction, without reading what stands in them:
 * columns that the journal leaves out keep what can be read of them. Answers what could not be read of those, in words.
 * Raises what the database says where other tables' rows need one that the journal does not have; then nothing is changed.
 */
export async function rebuildTables(
  client: PGlite,
  relations: readonly string[],
  records: AsyncIterable<SealedRecord & { entry: JournalEntry }>,
): Promise<{ replayed: number; lost: string[] }> {
  return client.transaction(async (sink) => {
    await sink.exec("set local session_replication_role = replica");
    const known = await readTables(sink);
    const tables = new Map([...known].filter(([relation]) => relations.includes(relation)));
    const beside = new Map<Table, readonly Row[] | null>();
    for (const table of tables.values()) beside.set(table, await readBeside(sink, table));
    const references = await dropReferences(sink, relations);
    await sink.exec(`truncate ${relations.map((relation) => `"${relation}"`).join(", ")}`);
    const player = createPlayer(sink, tables, []);
    let replayed = 0;
    const counts = createCounting();
    for await (const { entry, line } of records) {
      const changes = entry.changes.filter(({ relation }) => tables.has(relation));
      if (!counts(entry) || changes.length === 0) continue;
      await player.play({ ...entry, changes }, line.length);
      replayed += 1;
    }
    await player.finish();
    for (const [table, rows] of beside) await writeBeside(sink, table, rows ?? []);
    await sink.exec(references.join(";\n"));
    await sink.exec(NEXT_NUMBER);
    const lost = [...beside]
      .filter(([, rows]) => rows === null)
      .map(([{ relation }]) => `the newest values of columns that the journal leaves out (${relation})`);
    return { replayed, lost };
  });
}

/** The columns of a table that the journal leaves out, with the key; null where they cannot be read. */
async function readBeside(sink: Sink, table: Table): Promise<readonly Row[] | null> {
  const columns = besideOf(table);
  if (columns.length === 0) return [];
  await sink.exec("savepoint reading");
  try {
    const names = [...table.keys, ...columns].map((name) => `"${name}"`).join(", ");
    const { rows } = await sink.query<{ row: Row }>(
      `select to_jsonb(t) as row from (select ${names} from "${table.relation}") t`,
    );
    return rows.map(({ row }) => row);
  } catch (error) {
    if (!(error instanceof Error && "severity" in error)) throw error;
    await sink.exec("rollback to savepoint reading");
    return null;
  }
}

async function writeBeside(sink: Sink, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = besideOf(table);
  if (columns.length === 0 || rows.length === 0) return;
  await sink.query(
    `update "${table.relation}" t set ${columns.map((name) => `"${name}" = r."${name}"`).join(", ")}
     from json_populate_recordset(null::"${table.relation}", $1::json) r
     where ${table.keys.map((name) => `t."${name}" = r."${name}"`).join(" and ")}`,
    [JSON.stringify(rows)],
  );
}

function besideOf({ relation, columns }: Table): string[] {
  const treatment = TABLES.get(relation)?.treatment;
  return treatment?.keep === "rows" ? (treatment.ignored ?? []).filter((name) => columns.has(name)) : [];
}

/** Takes away what keeps tables from being emptied; answers with the statements that put it back. */
async function dropReferences(sink: Sink, relations: readonly string[]): Promise<string[]> {
  const { rows } = await sink.query<{ relation: string; name: string; definition: string }>(
    `select conrelid::regclass::text as relation, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and confrelid::regclass::text = any($1::text[])`,
    [relations],
  );
  for (const { relation, name } of rows) await sink.exec(`alter table ${relation} drop constraint ${name}`);
  return rows.map(({ relation, name, definition }) => `alter table ${relation} add constraint ${name} ${definition}`);
}

/** Change sets are numbered in order; the sequence is no row. */
const NEXT_NUMBER =
  "select setval(pg_get_serial_sequence('change_sets', 'number'), (select coalesce(max(number), 0) + 1 from change_sets), false)";

/** Tables as the database has them: which columns, and which of them are the key. */
export async function readTables(sink: Pick<PGlite, "query">): Promise<ReadonlyMap<string, Table>> {
  const there = await relationsThere(sink);
  const { rows } = await sink.query<{ relation: string; name: string; is_key: boolean }>(
    `select c.relname as relation, a.attname as name, coalesce(a.attnum = any(i.indkey), false) as is_key
     from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`,
  );
  const tables = new Map<string, Table>();
  for (const relation of there) tables.set(relation, { relation, keys: [], columns: new Set() });
  for (const { relation, name, is_key } of rows) {
    tables.get(relation)?.columns.add(name);
    if (is_key) tables.get(relation)?.keys.push(name);
  }
  return tables;
}

/** A row's key as text. */
export const keyOf = (table: Pick<Table, "keys">, row: Row): string =>
  JSON.stringify(table.keys.map((name) => row[name]));

/** Plays changes in order; rows that are put wait, so that many are written at once. */
function createPlayer(sink: Sink, tables: ReadonlyMap<string, Table>, voided: readonly KeptTable[]) {
  const waiting = new Map<Table, Map<string, Row>>();
  /** A base names all voidable rows that stand, and later records those that come; what neither names was removed. */
  const named = new Map<Table, Row[]>();
  let baseAt: string | null = null;
  let characters = 0;

  async function flushAll(): Promise<void> {
    for (const table of [...waiting.keys()]) await flush(table);
    characters = 0;
  }

  async function flush(table: Table): Promise<void> {
    const rows = [...(waiting.get(table)?.values() ?? [])];
    waiting.delete(table);
    await putRows(sink, table, rows);
  }

  async function playChange(entry: JournalEntry, change: RowChange): Promise<void> {
    const table = tables.get(change.relation);
    if (table === undefined) throw new ForeignRecord(entry.sequence, `a table ${change.relation}`);
    const strange = Object.keys(change.row).find((name) => !table.columns.has(name));
    if (strange !== undefined) throw new ForeignRecord(entry.sequence, `a column ${change.relation}.${strange}`);
    if (change.op === "put") {
      const rows = waiting.get(table) ?? new Map<string, Row>();
      const key = keyOf(table, change.row);
      if (rows.has(key) || rows.size >= ROWS_AT_ONCE) await flush(table);
      waiting.set(table, (waiting.get(table) ?? new Map<string, Row>()).set(key, change.row));
      return;
    }
    await flush(table);
    await remove(sink, table, change.op, change.row);
    if (change.op === "void-before") named.set(table, [...(named.get(table) ?? []), change.row]);
  }

  return {
    /** `length` is that of the record's line: about what its rows take. */
    async play(entry: JournalEntry, length: number): Promise<void> {
      if (entry.base !== undefined) baseAt = entry.at;
      if (characters + length > CHARACTERS_AT_ONCE) await flushAll();
      characters += length;
      for (const change of entry.changes) await playChange(entry, change);
    },
    async finish(): Promise<void> {
      await flushAll();
      for (const { relation, stamp } of voided) {
        const table = tables.get(relation);
        invariant(table !== undefined, "a table that is captured is there");
        if (baseAt !== null) await removeUnnamed(sink, table, { rows: named.get(table) ?? [], stamp, at: baseAt });
      }
    },
  };
}

/** Writes rows whole; columns that a record does not know keep their defaults. */
async function putRows(sink: Sink, table: Table, rows: readonly Row[]): Promise<void> {
  const batches = new Map<string, Row[]>();
  for (const row of rows) {
    const shape = Object.keys(row).sort().join(",");
    batches.set(shape, [...(batches.get(shape) ?? []), row]);
  }
  for (const [shape, batch] of batches) {
    const columns = shape.split(",");
    const names = columns.map((name) => `"${name}"`).join(", ");
    const updates = columns
      .filter((name) => !table.keys.includes(name))
      .map((name) => `"${name}" = excluded."${name}"`);
    // Not jsonb, which would hold every value twice more.
    await onRowsOf(table.relation, () =>
      sink.query(
        `insert into "${table.relation}" (${names})
         select ${names} from json_populate_recordset(null::"${table.relation}", $1::json)
         on conflict (${table.keys.map((name) => `"${name}"`).join(", ")})
         do ${updates.length === 0 ? "nothing" : `update set ${updates.join(", ")}`}`,
        [JSON.stringify(batch)],
      ),
    );
  }
}

async function remove(sink: Sink, table: Table, op: Exclude<RowChange["op"], "put">, row: Row): Promise<void> {
  const conditions = table.keys.map((name) => `t."${name}" = r."${name}"`);
  if (op !== "delete") {
    // The key, and the instant up to which the row counts no more.
    const stamp = Object.keys(row).find((name) => !table.keys.includes(name));
    invariant(stamp !== undefined, "a void names its instant");
    conditions.push(`t."${stamp}" ${op === "void-before" ? "<" : "<="} r."${stamp}"`);
  }
  await sink.query(
    `delete from "${table.relation}" t using jsonb_populate_record(null::"${table.relation}", $1::jsonb) r
     where ${conditions.join(" and ")}`,
    [JSON.stringify(row)],
  );
}

async function removeUnnamed(
  sink: Sink,
  table: Table,
  base: { rows: readonly Row[]; stamp: string; at: string },
): Promise<void> {
  await sink.query(
    `delete from "${table.relation}" t
     where t."${base.stamp}" <= $2::timestamptz and not exists (
       select 1 from jsonb_populate_recordset(null::"${table.relation}", $1::jsonb) r
       where ${table.keys.map((name) => `t."${name}" = r."${name}"`).join(" and ")})`,
    [JSON.stringify(base.rows), base.at],
  );
}
