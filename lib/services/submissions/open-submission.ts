import { and, eq } from "drizzle-orm";
import { changeSets, changes, versions } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { formatMember } from "@/lib/domain/member-keys";
import { AppError } from "@/lib/platform/errors";
import { type OpenSet, openSet } from "../change-sets/open-set";
import type { LeanContext } from "../context";

export type Waiting = { row: typeof versions.$inferSelect; set: OpenSet };

/**
 * A version that waits for a decision, with its proposal, behind the platform's lock. Raises `not_found` where there is none,
 * or it is not the publisher's that is named, and `conflict` where it was decided already.
 */
export async function openSubmission(
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
