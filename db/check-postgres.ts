import { quoted } from "./backup/backup-format";
import { withPostgresConnection } from "./backup/connection";
import { describeTables } from "./backup/describe-database";
import type { StoreCheck } from "./check-store";

type PostgresCheck = {
  findings: { code: "table-unreadable"; found: string; remedy: string }[];
  tables: StoreCheck["tables"];
};

/** Reads every row on Postgres; changes nothing, and may run beside servers. Raises `unavailable` where it is not reached. */
export function checkPostgres(url: string): Promise<PostgresCheck> {
  return withPostgresConnection(url, async (connection) => {
    const check: PostgresCheck = { findings: [], tables: [] };
    for (const { table } of await describeTables(connection)) {
      try {
        // As text, so that every column of every row is read.
        const [row] = await connection.query<{ rows: string }>(
          `select count(t::text)::text as rows from ${quoted(table)} t`,
        );
        check.tables.push({ table, rows: Number(row?.rows) });
      } catch (error) {
        if (isGone(error)) throw error;
        const found = `${table}: ${error instanceof Error ? error.message : String(error)}`;
        const remedy = "Repair the table by Postgres' own means, or restore a backup into an empty database.";
        check.findings.push({ code: "table-unreadable", found, remedy });
      }
    }
    return check;
  });
}

/** A connection that ended says nothing about the table that was being read. */
const isGone = (error: unknown) =>
  /^(08...|57P0.|CONNECTION_\w+|ECONN\w+)$/.test(String((error as { code?: unknown }).code));
