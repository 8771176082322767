import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { auditSet } from "./audit-set";
import { type Decision, decideOnSet } from "./decide-on-set";
import { requireNoListing } from "./open-set";

type Ending = { state: "discarded" | "withdrawn" | "refused"; decidedBy?: string; reason: string | null };

/** Throws the actor's draft away; it stays in the audit log. Audited as `changeSet.discard`. */
export async function discardChangeSet(ctx: ServiceContext, actor: Actor, id: string): Promise<ChangeSetView> {
  return decideOnSet(ctx, actor, id, "discard", async (decision) => {
    await end(ctx, actor, decision, "changeSet.discard", { state: "discarded", reason: null });
  });
}

/** Takes back what the actor proposed, also after another approved it. Audited as `changeSet.withdraw`. */
export async function withdrawChangeSet(ctx: ServiceContext, actor: Actor, id: string): Promise<ChangeSetView> {
  return decideOnSet(ctx, actor, id, "withdraw", async (decision) => {
    await end(ctx, actor, decision, "changeSet.withdraw", { state: "withdrawn", reason: null });
  });
}

/**
 * Refuses another's proposal, also after a third person approved it, with a reason that its proposer can act on. A
 * submitted version's set is for `refuseProposal`. Audited as `changeSet.refuse`.
 */
export async function refuseChangeSet(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  requirePermission(actor, "changes.approve");
  return decideOnSet(ctx, actor, id, "refuse", async (decision) => {
    requireNoListing(decision.set);
    const { personId } = decision.person;
    await end(ctx, actor, decision, "changeSet.refuse", {
      state: "refused",
      decidedBy: personId,
      reason: input.reason,
    });
  });
}

async function end(
  ctx: ServiceContext,
  actor: Actor,
  { tx, set, at }: Decision,
  action: "changeSet.discard" | "changeSet.withdraw" | "changeSet.refuse",
  ending: Ending,
): Promise<void> {
  const { state, decidedBy, reason } = ending;
  await tx.db
    .update(changeSets)
    .set({
      state,
      updatedAt: at,
      ...(decidedBy === undefined ? {} : { decidedBy, decidedAt: at, decisionReason: reason }),
    })
    .where(eq(changeSets.id, set.row.id));
  await appendAudit(tx, ctx, auditSet(ctx, actor, { ...set, action, changeSetId: set.row.id, reason }));
}
