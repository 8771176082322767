import type { SQL } from "drizzle-orm";
import type { Database } from "./store";

/** Rows of a statement written in SQL; the drivers wrap them differently. The caller answers for their shape. */
export async function rowsOf<Row extends Record<string, unknown>>(db: Database, statement: SQL): Promise<Row[]> {
  const answer: unknown = await db.execute(statement);
  return (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as Row[];
}
