import type { Database } from "@/db/store";
import { type OutsideHeads, readLogRecords } from "./log-records";

/**
 * The log as JSON lines with all that was signed of it, as `npx bulkhead audit verify` reads it (spec §8): what is wrong with
 * it stands in it, and is found by whoever verifies it.
 */
export async function* exportAudit(db: Database, outside: OutsideHeads | null): AsyncGenerator<string> {
  const { records } = await readLogRecords(db, outside);
  for await (const record of records()) yield `${JSON.stringify(record)}\n`;
}
