import { eq } from "drizzle-orm";
import { changeSets, versions } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { requirePerson, requireVerb } from "../change-sets/require-verb";
import type { LeanContext } from "../context";
import { requirePermission } from "../require-permission";
import { openSubmission, type Waiting } from "./open-submission";

/**
 * Refuses a submitted version, with a reason that its publisher reads. Raises as `approveSubmission` does. Audited as
 * `submission.refuse`.
 */
export async function refuseSubmission(
  ctx: LeanContext,
  actor: Actor,
  submissionId: string,
  input: { reason: string },
): Promise<{ changeSetId: string }> {
  const person = requirePerson(actor);
  requirePermission(actor, "changes.approve");
  return ctx.store.transaction(async (tx) => {
    const waiting = await openSubmission(tx, ctx, submissionId);
    requireVerb("refuse", waiting.set.facts, person, ctx.clock.nowMs());
    const decision = {
      decidedBy: person.personId,
      decidedAt: new Date(ctx.clock.nowMs()),
      decisionReason: input.reason,
    };
    await end(tx, ctx, actor, waiting, { state: "refused", ...decision });
    return { changeSetId: waiting.set.row.id };
  });
}

/**
 * Takes a submission back before it was decided; its code is free again, and its bytes are removed within minutes. Raises
 * `not_found` for another publisher's.
 */
export async function withdrawSubmission(
  ctx: LeanContext,
  actor: Extract<Actor, { kind: "publisher" }>,
  submissionId: string,
): Promise<void> {
  await ctx.store.transaction(async (tx) => {
    const waiting = await openSubmission(tx, ctx, submissionId, actor.publisherId);
    await end(tx, ctx, actor, waiting, { state: "withdrawn" });
  });
}

async function end(
  tx: Transaction,
  ctx: LeanContext,
  actor: Actor,
  { row, set }: Waiting,
  ending: { state: "refused" | "withdrawn"; decidedBy?: string; decidedAt?: Date; decisionReason?: string },
): Promise<void> {
  const reason = ending.decisionReason ?? null;
  await tx.db
    .update(versions)
    .set({ state: ending.state, comment: reason, endedAt: new Date(ctx.clock.nowMs()) })
    .where(eq(versions.submissionId, row.submissionId));
  await tx.db
    .update(changeSets)
    .set({ ...ending, updatedAt: new Date(ctx.clock.nowMs()) })
    .where(eq(changeSets.id, set.row.id));
  await appendAudit(tx, ctx, {
    actor,
    action: ending.state === "refused" ? "submission.refuse" : "submission.withdraw",
    subject: `submission:${row.submissionId}`,
    appId: row.appId,
    changeSetId: set.row.id,
    reason,
    before: { state: "submitted" },
    after: { state: ending.state },
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "programs" });
  tx.announce({ topic: "change-sets" });
}
