import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ServiceContext } from "../context";
import type { ChangeSetRow } from "./change-set-rows";

/** Ends a proposal or an approval that can never be published, with the reason for whoever made it. Audited. */
export async function voidSet(
  tx: Transaction,
  ctx: ServiceContext,
  set: Pick<ChangeSetRow, "id" | "state">,
  reason: string,
): Promise<void> {
  await tx.db
    .update(changeSets)
    .set({ state: "void", decisionReason: reason, updatedAt: new Date(ctx.clock.nowMs()) })
    .where(eq(changeSets.id, set.id));
  await appendAudit(tx, ctx, {
    actor: { kind: "system", name: "change sets" },
    action: "changeSet.void",
    subject: `change-set:${set.id}`,
    changeSetId: set.id,
    reason,
    before: { state: set.state },
    after: { state: "void" },
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "change-sets" });
}
