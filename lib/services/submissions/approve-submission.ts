import { and, eq } from "drizzle-orm";
import { changeSets, publisherKeys, versions } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ProgramVersion } from "@/native/core/shapes/claims";
import { saveChanges } from "../change-sets/change-set-rows";
import { judgeChanges } from "../change-sets/judge-changes";
import { requirePublishable } from "../change-sets/open-set";
import { publishStep } from "../change-sets/publish-step";
import { requirePerson, requireVerb } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { listingEdits } from "./listing-edits";
import { openSubmission, type Waiting } from "./open-submission";

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
