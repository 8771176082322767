import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { applyEdits } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { auditSet } from "./audit-set";
import { decideOnSet } from "./decide-on-set";
import { effectOf } from "./kept-effect";
import { requireFresh, requireNoListing, requirePublishable } from "./open-set";

/**
 * Approves another's proposal, bound to the members that it changes, their values before, and what would be in force
 * after it (spec §6). It is published by a further step. Raises `forbidden` for its proposer, for a role that never approves, and for whoever belongs to a
 * publisher concerned. A submitted version's set is for `approveProposal`. Audited as `changeSet.approve`.
 */
export async function approveChangeSet(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  requirePermission(actor, "changes.approve");
  return decideOnSet(ctx, actor, id, "approve", async ({ tx, set, person, at }) => {
    requireNoListing(set);
    requireFresh(set);
    requirePublishable(set.state, set.edits, "conflict");
    await tx.db
      .update(changeSets)
      .set({
        state: "approved",
        decidedBy: person.personId,
        decidedAt: at,
        decisionReason: input.reason === "" ? null : input.reason,
        isNarrowing: set.facts.isNarrowing,
        effect: effectOf(applyEdits(set.state, set.edits)),
        updatedAt: at,
      })
      .where(eq(changeSets.id, id));
    await appendAudit(
      tx,
      ctx,
      auditSet(ctx, actor, { ...set, action: "changeSet.approve", changeSetId: id, reason: input.reason || null }),
    );
  });
}
