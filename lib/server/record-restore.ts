import type { BackupHeader } from "@/db/backup/backup-format";
import { markRestored, REVISION_LIFT } from "@/db/continuity";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { readAuditHead } from "@/lib/audit/audit-head";
import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";

/**
 * Lets a store that is made from a backup know it: its next revisions are lifted above whatever was published after the
 * backup, and the log says that there was a restore, of when, and which entries are lost by what the data folder's heads
 * tell. Answers with the entry's sequence.
 */
export async function recordRestore(
  tx: Transaction,
  context: { clock: Clock; ids: Ids },
  { takenAt, program, journal }: BackupHeader,
  lastSigned: number | null = null,
): Promise<number> {
  const restoredAt = new Date(context.clock.nowMs());
  await markRestored(tx.db, { restoredAt, backupAt: new Date(takenAt) });
  const fromSequence = (await readAuditHead(tx.db)).sequence + 1;
  const lost = lastSigned === null || lastSigned < fromSequence ? null : { fromSequence, toSequence: lastSigned };
  const { sequence } = await appendAudit(tx, context, {
    actor: { kind: "system", name: "store" },
    action: "store.restore",
    subject: "store",
    after: {
      backupAt: takenAt,
      program,
      journalSequence: journal?.sequence ?? null,
      revisionLift: REVISION_LIFT,
      lost,
    },
  });
  return sequence;
}
