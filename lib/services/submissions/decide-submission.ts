import { and, eq } from "drizzle-orm";
import { changeSets, changes, publisherKeys, versions } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ProgramVersion } from "@/native/core/shapes/claims";
import { saveChanges } from "../change-sets/change-set-rows";
import { judgeChanges } from "../change-sets/judge-changes";
import { type OpenSet, openSet, requirePublishable } from "../change-sets/open-set";
import { publishStep } from "../change-sets/publish-step";
import { requirePerson, requireVerb } from "../change-sets/require-verb";
import type { LeanContext, ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { listingEdits } from "./listing-edits";

type Waiting = { row: typeof versions.$inferSelect; set: OpenSet };

/**
 * Lists a submitted version and grants its public capabilities: the publisher proposed it, so this one approval
 * publishes it (spec §6). The public grants are those that the program lacks now. Raises `not_found`, `conflict` where
 * it does not wait any more, its key was revoked, or nobody knows who made token or key, `forbidden` for whoever belongs to the publisher, made a
 * token of it or proposed a key of it, and for roles that do not publish. Audited as `submission.approve`.
 */
export async function approveSubmission(
  ctx: ServiceContext,
  actor: Actor,
  submissionId: string,
  input: { reason: string },
): Promise<{ changeSetId: string }> {
  const person = requirePerson(actor);
  requirePermission(actor, "changes.approve");
  requirePermission(actor, "changes.publish");
  return ctx.store.transaction(async (tx) => {
    const { row, set } = await openSubmission(tx, ctx, submissionId);
    requireVerb("approve", set.facts, person, ctx.clock.nowMs());
    await requireActiveKey(tx, row);
    const edits = listingEdits(set.state, row.appId, toVersion(row));
    requirePublishable(set.state, edits, "conflict");
    const changeSetId = set.row.id;
    const judged = judgeChanges(set.state, edits, set, ctx.ids);
    await saveChanges(tx.db, changeSetId, judged.rows);
    const reason = input.reason === "" ? null : input.reason;
    await tx.db
      .update(changeSets)
      .set({ decidedBy: person.personId, decidedAt: new Date(ctx.clock.nowMs()), decisionReason: reason })
      .where(eq(changeSets.id, changeSetId));
    await tx.db.update(versions).set({ comment: reason }).where(eq(versions.submissionId, row.submissionId));
    await publishStep(tx, ctx, actor, {
      changeSetId,
      number: set.row.number,
      edits,
      state: set.state,
      isNarrowing: judged.isNarrowing,
      approval: null,
      isSetUpComplete: set.isSetUpComplete,
      action: "submission.approve",
      reason,
    });
    return { changeSetId };
  });
}

/**
 * Refuses a submitted version, with a reason that its publisher reads. Raises as `approveSubmission` does. Audited as
 * `submission.refuse`.
 */
export async function refuseSubmission(
  ctx: ServiceContext,
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

async function openSubmission(
  tx: Transaction,
  ctx: LeanContext,
  submissionId: string,
  publisherId?: string,
): Promise<Waiting> {
  const missing = () => new AppError("not_found", "There is no such submission.");
  const [row] = await tx.db.select().from(versions).where(eq(versions.submissionId, submissionId));
  if (row === undefined || (publisherId !== undefined && row.publisherId !== publisherId)) throw missing();
  const [proposed] = await tx.db
    .select({ id: changeSets.id })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        eq(changes.member, formatMember({ kind: "version", appId: row.appId, code: row.code })),
        eq(changeSets.ownerId, row.publisherId),
        eq(changeSets.state, "proposed"),
      ),
    );
  const set = proposed === undefined ? undefined : await openSet(tx, ctx, proposed.id);
  // Read again behind the lock: another may have decided while this one waited for it.
  const [now] = await tx.db.select().from(versions).where(eq(versions.submissionId, submissionId));
  if (set === undefined || now?.state !== "submitted" || set.row.state !== "proposed") {
    throw new AppError("conflict", "This submission was decided already.");
  }
  return { row: now, set };
}

/** A version signed by a key that was revoked since would be listed for nobody. */
async function requireActiveKey(tx: Transaction, row: Waiting["row"]): Promise<void> {
  const [key] = await tx.db
    .select({ status: publisherKeys.status })
    .from(publisherKeys)
    .where(and(eq(publisherKeys.publisherId, row.publisherId), eq(publisherKeys.kid, row.kid)));
  if (key?.status === "active") return;
  const message = "The key that signed this version was revoked; sign and submit a new version.";
  throw new AppError("conflict", message, { details: [{ path: "", code: "KEY_REVOKED", message }] });
}

function toVersion(row: Waiting["row"]): ProgramVersion {
  const { code, name, sha256, sizeBytes, kid, declares } = row;
  return { code, name, sha256, size: sizeBytes, kid, declares };
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
