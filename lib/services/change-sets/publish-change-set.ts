import { eq } from "drizzle-orm";
import { people } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { maySignIn } from "@/lib/auth/may-sign-in";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { judgeApprover } from "@/lib/domain/change-set-lifecycle";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { decideOnSet } from "./decide-on-set";
import { type OpenSet, requireFresh, requirePublishable } from "./open-set";
import { publishStep } from "./publish-step";
import { voidIfBeyond } from "./settle-approval";

/**
 * Publishes an approved set: by its proposer or any operator. Raises `conflict` where a member changed since, and where
 * whoever approved it could not approve it now (disabled, another role, joined the publisher). Where it is not proven to
 * allow nothing beyond what is in force now or what the approver saw, the set is void, and `conflict` says so. Audited as
 * `changeSet.publish`; devices are told after the commit.
 */
export async function publishChangeSet(ctx: ServiceContext, actor: Actor, id: string): Promise<ChangeSetView> {
  const view = await decideOnSet(ctx, actor, id, "publish", async ({ tx, set }) => {
    const approvedBy = await requireStandingApproval(tx, set);
    requireFresh(set);
    requirePublishable(set.state, set.edits, "conflict");
    if (await voidIfBeyond(tx, ctx, set)) return;
    const row = await publishStep(tx, ctx, actor, {
      changeSetId: id,
      edits: set.edits,
      state: set.state,
      isNarrowing: set.facts.isNarrowing,
      approval: { proposedBy: set.row.ownerId, approvedBy },
      isSetUpComplete: set.isSetUpComplete,
      action: "changeSet.publish",
      reason: set.row.reason,
    });
    return { row, changes: set.changes };
  });
  if (view.state === "published") return view;
  const message = view.decisionReason ?? "It would allow more than was approved.";
  throw new AppError("conflict", message, { details: [{ path: "", code: "BEYOND_APPROVAL", message }] });
}

/** Answers with whoever approved it. */
async function requireStandingApproval(tx: Transaction, set: OpenSet): Promise<string> {
  const { decidedBy } = set.row;
  const [approver] = decidedBy === null ? [] : await tx.db.select().from(people).where(eq(people.id, decidedBy));
  const isStanding =
    approver !== undefined &&
    maySignIn(approver) &&
    judgeApprover(set.facts, { personId: approver.id, role: approver.role, publisherId: approver.publisherId }).ok;
  if (isStanding) return approver.id;
  const message = "Whoever approved it could not approve it now; withdraw it and propose it again.";
  throw new AppError("conflict", message, { details: [{ path: "", code: "APPROVAL_LAPSED", message }] });
}
