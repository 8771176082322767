import type { Recovery } from "@/db/recovery";
import type { Store } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import type { Ids } from "@/lib/platform/ids";
import { appendAudit } from "./append-audit";

/**
 * Puts into the log that rows or journal had to be made anew when the store was opened, and what that cost. An opening
 * at which they agreed, or at which the journal was merely completed, leaves no entry.
 */
export async function auditRecovery(
  store: Store,
  context: { clock: Clock; ids: Ids },
  recovery: Recovery,
): Promise<void> {
  if (["fresh", "agreed", "journal-completed"].includes(recovery.outcome)) return;
  await store.transaction((tx) =>
    appendAudit(tx, context, {
      actor: { kind: "system", name: "store" },
      action: "store.rebuilt",
      subject: "store",
      after: recovery,
    }),
  );
}
