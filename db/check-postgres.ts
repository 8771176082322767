import { quoted } from "./backup/backup-format";
import { withPostgresConnection } from "./backup/connection";
import { describeTables } from "./backup/describe-database";
import type { BundleFiles } from "./bundles/bundle-files";
import { findDamagedBundles } from "./bundles/restore-bundles";
import type { StoreCheck } from "./check-store";

type PostgresCheck = {
  findings: { code: "table-unreadable" | "bundle-damaged"; found: string; remedy: string }[];
  tables: StoreCheck["tables"];
};

/**
 * Reads every row on Postgres, and every bundle that a version needs where their files are given; changes nothing, and may run beside servers. Raises
 * `unavailable` where it is not reached.
 */
export function checkPostgres(url: string, bundles: BundleFiles | null = null): Promise<PostgresCheck> {
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
    if (bundles === null || check.findings.length > 0) return check;
    for (const { found } of await findDamagedBundles(connection.db, bundles)) {
      check.findings.push({ code: "bundle-damaged", found, remedy: BUNDLES_REMEDY });
    }
    return check;
  });
}

const BUNDLES_REMEDY =
  "Make it whole from what there is of it: npm run store -- rebuild --bundles — what stays named: put its file back, or let the publisher send the same bytes again.";

/** A connection that ended says nothing about the table that was being read. */
const isGone = (error: unknown) =>
  /^(08...|57P0.|CONNECTION_\w+|ECONN\w+)$/.test(String((error as { code?: unknown }).code));
