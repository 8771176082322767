import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { Actor } from "@/lib/domain/roles";
import { approveChangeSet } from "../change-sets/approve-change-set";
import { refuseChangeSet } from "../change-sets/end-change-set";
import { getChangeSet } from "../change-sets/get-change-set";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { approveSubmission } from "./approve-submission";
import { refuseSubmission } from "./end-submission";
import { findSubmissionOf } from "./find-submission-of";

/**
 * Approves what stands in the list of proposals: a submitted version as `approveSubmission` does, which publishes it,
 * everything else as `approveChangeSet` does. Raises and audits as they do.
 */
export async function approveProposal(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  requirePermission(actor, "changes.approve");
  const submissionId = await findSubmissionOf(ctx.store.db, id);
  if (submissionId === null) return approveChangeSet(ctx, actor, id, input);
  await approveSubmission(ctx, actor, submissionId, input);
  return getChangeSet(ctx, actor, id);
}

/** Refuses the same, as `refuseSubmission` or `refuseChangeSet` does. */
export async function refuseProposal(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  requirePermission(actor, "changes.approve");
  const submissionId = await findSubmissionOf(ctx.store.db, id);
  if (submissionId === null) return refuseChangeSet(ctx, actor, id, input);
  await refuseSubmission(ctx, actor, submissionId, input);
  return getChangeSet(ctx, actor, id);
}
