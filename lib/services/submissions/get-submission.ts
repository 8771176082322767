import { and, asc, eq } from "drizzle-orm";
import { versions } from "@/db/schema";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { type SubmissionView, toSubmissionView } from "./submission-view";

const WAITING_MAX = 200;

/** A publisher's own submission, with its state and the reviewer's comment. Raises `not_found` for any other. */
export async function getSubmission(
  ctx: Pick<ServiceContext, "store">,
  actor: Extract<Actor, { kind: "publisher" }>,
  submissionId: string,
): Promise<SubmissionView> {
  const [row] = await ctx.store.db
    .select()
    .from(versions)
    .where(and(eq(versions.submissionId, submissionId), eq(versions.publisherId, actor.publisherId)));
  if (row === undefined) throw new AppError("not_found", "There is no such submission.");
  return toSubmissionView(row);
}

/** Submissions that wait for a review, oldest first. */
export async function listWaitingSubmissions(ctx: ServiceContext, actor: Actor): Promise<SubmissionView[]> {
  requirePermission(actor, "console.read");
  const rows = await ctx.store.db
    .select()
    .from(versions)
    .where(eq(versions.state, "submitted"))
    .orderBy(asc(versions.submittedAt), asc(versions.submissionId))
    .limit(WAITING_MAX);
  return rows.map(toSubmissionView);
}
