import type { SQL } from "drizzle-orm";
import type { Database } from "./store";

/** Rows of a statement written in SQL, as both drivers answer with them. The caller answers for their shape. */
export async function rowsOf<Row extends Record<string, unknown>>(db: Database, statement: SQL): Promise<Row[]> {
  return ((await db.execute(statement)) as { rows: unknown[] }).rows as Row[];
}
