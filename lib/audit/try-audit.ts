import { desc, sql } from "drizzle-orm";
import { auditEntries } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";
import { auditEntrySha256, CHAIN_START, type ChainProblem } from "@/native/core/audit/verify-chain";
import { appendAudit } from "./append-audit";
import { auditEntryLine, nodeDigest } from "./audit-entry";

/** How many entries are looked at, from the end. */
const TAIL = 20;

export type TailFinding =
  | { isWhole: true; entries: number }
  | { isWhole: false; firstBadSequence: number; problem: ChainProblem };

class NotKept extends Error {
  constructor() {
    super("what was tried is rolled back");
  }
}

/**
 * Tries whether the log can go on: one more entry is written and rolled back. Raises what the store raises where it cannot
 * be, `unavailable` also where another holds the log for two seconds.
 */
export async function tryAudit(store: Store, ctx: { clock: Clock; ids: Ids }): Promise<void> {
  try {
    await store.transaction(async (tx) => {
      await tx.db.execute(sql`set local lock_timeout = '2s'`);
      // Any action will do: nobody ever reads it.
      await appendAudit(tx, ctx, {
        actor: { kind: "system", name: "readiness" },
        action: "audit.export",
        subject: "audit",
      });
      throw new NotKept();
    });
  } catch (error) {
    if (!(error instanceof NotKept)) throw error;
  }
}

/** Whether the last entries follow from each other. */
export async function readTail(db: Database): Promise<TailFinding> {
  const rows = await db.select().from(auditEntries).orderBy(desc(auditEntries.sequence)).limit(TAIL);
  let before: { sequence: number; sha256: string } | undefined;
  for (const row of rows.reverse()) {
    const isFirst = row.sequence === 1;
    const bad = (problem: ChainProblem): TailFinding => ({ isWhole: false, firstBadSequence: row.sequence, problem });
    if (before !== undefined && row.sequence !== before.sequence + 1) return bad("SEQUENCE");
    const previous = before?.sha256 ?? (isFirst ? CHAIN_START : row.previousSha256);
    if (row.previousSha256 !== previous) return bad("PREVIOUS");
    if ((await auditEntrySha256(auditEntryLine(row), nodeDigest)) !== row.sha256) return bad("DIGEST");
    before = row;
  }
  return { isWhole: true, entries: rows.length };
}
