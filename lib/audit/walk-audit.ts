import { and, asc, gt, lte } from "drizzle-orm";
import { auditEntries } from "@/db/schema";
import type { Database } from "@/db/store";
import { type AuditEntryLine, auditEntryLine } from "./audit-entry";

const PAGE = 500;

/**
 * The log in order, page by page, up to where it ended when the walk began. A page is read at a time, so that a long
 * log is never in memory whole.
 */
export async function* walkAudit(
  db: Database,
  options: { afterSequence?: number; upToSequence?: number } = {},
): AsyncGenerator<AuditEntryLine> {
  const upTo = options.upToSequence ?? Number.MAX_SAFE_INTEGER;
  let after = options.afterSequence ?? 0;
  for (;;) {
    const rows = await db
      .select()
      .from(auditEntries)
      .where(and(gt(auditEntries.sequence, after), lte(auditEntries.sequence, upTo)))
      .orderBy(asc(auditEntries.sequence))
      .limit(PAGE);
    for (const row of rows) yield auditEntryLine(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.sequence;
  }
}
