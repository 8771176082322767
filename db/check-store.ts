import { sql } from "drizzle-orm";
import { systemClock } from "@/lib/platform/clock";
import { isAppError } from "@/lib/platform/errors";
import { stderrLogger } from "@/lib/platform/logger";
import { TABLES } from "./journal/journaled-tables";
import { findMigrationsFolder } from "./migrate";
import { openPglite } from "./pglite/open-pglite";
import { rowsOf } from "./rows";
import { STORE_FAULTS, type StoreFaultCode } from "./store-fault";

/** One thing that is wrong with a store, in words, and what to do about it. */
export type StoreFinding = { code: StoreFaultCode; found: string; remedy: string };

export type StoreCheck = {
  /** None: rows and journal say the same, and every table can be read. */
  findings: StoreFinding[];
  /** Rows of each table that could be read. */
  tables: { table: string; rows: number }[];
};

/**
 * Reads every row of an embedded store and compares it with the journal; changes nothing, and leaves the store closed.
 * Raises `unavailable` while a process has the folder open.
 */
export async function checkStore(dataDir: string): Promise<StoreCheck> {
  const findings: StoreFinding[] = [];
  const tables: StoreCheck["tables"] = [];
  const find = (code: StoreFaultCode, found: string) =>
    findings.push({ code, found, remedy: STORE_FAULTS[code].remedy(dataDir) });
  const { store } = await openPglite({
    dataDir,
    clock: systemClock,
    logger: stderrLogger,
    migrationsFolder: findMigrationsFolder(),
  });
  try {
    for (const { relation } of TABLES.values()) {
      try {
        const [row] = await rowsOf<{ count: number }>(
          store.db,
          sql`select count(t::text)::float8 as count from ${sql.identifier(relation)} t`,
        );
        tables.push({ table: relation, rows: row?.count ?? 0 });
      } catch (error) {
        if (isAppError(error)) throw error;
        find("table-unreadable", `${relation}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await store.close();
  }
  return { findings, tables };
}
