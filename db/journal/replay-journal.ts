import type { PGlite, Transaction as PgliteTransaction } from "@electric-sql/pglite";
import { invariant } from "@/lib/platform/errors";
import type { JournalEntry, SealedRecord } from "./journal-frame";
import { TABLES, type TableInfo } from "./journaled-tables";

const ROWS_AT_ONCE = 200;

type Sink = Pick<PgliteTransaction, "query" | "exec">;
type Row = Record<string, unknown>;

/**
 * Makes the journaled tables what the journal says, in one transaction: empties them and plays every record in order.
 * Rows that only count until ended (sessions, open links) are ended, because one of them may have been ended by a
 * commit that the database lost. Afterwards the rows include the journal's last record.
 */
export async function rebuildRows(
  client: PGlite,
  records: AsyncIterable<SealedRecord & { entry: JournalEntry }>,
): Promise<{ replayed: number }> {
  return client.transaction(async (sink) => {
    // Keeps triggers and foreign keys out: records are history, in its order, and are not captured again.
    await sink.exec("set local session_replication_role = replica");
    for (const { relation, treatment } of TABLES.values()) {
      const isEnded = treatment.keep === "nothing" && treatment.onPowerLoss === "end";
      if (treatment.keep === "rows" || isEnded) await sink.exec(`delete from "${relation}"`);
    }
    await sink.exec("delete from journal_changes; delete from journal_records");
    let replayed = 0;
    let last: SealedRecord | null = null;
    const waiting = new Map<string, Map<string, Row>>();
    for await (const record of records) {
      replayed += 1;
      last = record;
      for (const change of record.entry.changes) {
        const table = TABLES.get(change.relation);
        // A table that a later schema dropped.
        if (table === undefined) continue;
        const rows = waiting.get(table.relation) ?? new Map<string, Row>();
        waiting.set(table.relation, rows);
        const key = keyOf(table, change.row);
        if (rows.has(key) || rows.size >= ROWS_AT_ONCE || change.op !== "put") await flush(sink, table, rows);
        if (change.op === "put") rows.set(key, change.row);
        else await take(sink, table, change.op, change.row);
      }
    }
    for (const [relation, rows] of waiting) {
      const table = TABLES.get(relation);
      invariant(table !== undefined, "only known tables wait");
      await flush(sink, table, rows);
    }
    if (last !== null) {
      await sink.query("insert into journal_records (sequence, sha256, line) values ($1, $2, $3)", [
        last.sequence,
        last.sha256,
        last.line,
      ]);
    }
    await sink.exec(
      "select setval(pg_get_serial_sequence('change_sets', 'number'), (select coalesce(max(number), 0) + 1 from change_sets), false)",
    );
    return { replayed };
  });
}

const keyOf = (table: TableInfo, row: Row) => JSON.stringify(table.keys.map((name) => row[name]));

/** Writes the rows that wait, in their order; columns that a record does not know keep their defaults. */
async function flush(sink: Sink, table: TableInfo, rows: Map<string, Row>): Promise<void> {
  const batches = new Map<string, Row[]>();
  const known = await columnsOf(sink, table.relation);
  for (const row of rows.values()) {
    const columns = Object.keys(row).filter((name) => known.has(name));
    const shape = columns.sort().join(",");
    batches.set(shape, [...(batches.get(shape) ?? []), row]);
  }
  rows.clear();
  for (const [shape, batch] of batches) {
    const columns = shape.split(",");
    const names = columns.map((name) => `"${name}"`).join(", ");
    const updates = columns
      .filter((name) => !table.keys.includes(name))
      .map((name) => `"${name}" = excluded."${name}"`);
    await sink.query(
      `insert into "${table.relation}" (${names})
       select ${names} from jsonb_populate_recordset(null::"${table.relation}", $1::jsonb)
       on conflict (${table.keys.map((name) => `"${name}"`).join(", ")})
       do ${updates.length === 0 ? "nothing" : `update set ${updates.join(", ")}`}`,
      [JSON.stringify(batch)],
    );
  }
}

const columnCache = new WeakMap<Sink, Map<string, Set<string>>>();
async function columnsOf(sink: Sink, relation: string): Promise<Set<string>> {
  const cache = columnCache.get(sink) ?? new Map<string, Set<string>>();
  columnCache.set(sink, cache);
  const found = cache.get(relation);
  if (found !== undefined) return found;
  const { rows } = await sink.query<{ column_name: string }>(
    "select column_name from information_schema.columns where table_schema = 'public' and table_name = $1",
    [relation],
  );
  const columns = new Set(rows.map((row) => row.column_name));
  cache.set(relation, columns);
  return columns;
}

async function take(
  sink: Sink,
  table: TableInfo,
  op: "delete" | "void-before" | "void-through",
  row: Row,
): Promise<void> {
  const stamp = table.treatment.keep === "voids" ? table.treatment.stamp : null;
  const conditions = table.keys.map((name) => `t."${name}" = r."${name}"`);
  if (op !== "delete") {
    invariant(stamp !== null, "only tables with an instant have voids");
    conditions.push(`t."${stamp}" ${op === "void-before" ? "<" : "<="} r."${stamp}"`);
  }
  await sink.query(
    `delete from "${table.relation}" t using jsonb_populate_record(null::"${table.relation}", $1::jsonb) r
     where ${conditions.join(" and ")}`,
    [JSON.stringify(row)],
  );
}
