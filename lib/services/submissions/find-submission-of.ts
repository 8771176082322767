import { and, eq } from "drizzle-orm";
import { changeSets, changes, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { AppError } from "@/lib/platform/errors";
import { isListing, memberOf } from "../change-sets/change-set-rows";

/**
 * The submission that a change set proposes to list; null for every set that a person began. Raises `conflict` for one
 * that was decided: by its code another submission may wait since.
 */
export async function findSubmissionOf(db: Database, changeSetId: string): Promise<string | null> {
  const rows = await db
    .select({ set: changeSets, change: changes })
    .from(changeSets)
    .innerJoin(changes, eq(changes.changeSetId, changeSets.id))
    .where(eq(changeSets.id, changeSetId));
  for (const { set, change } of rows) {
    const member = memberOf(change);
    if (!isListing(set) || member.kind !== "version") continue;
    if (set.state !== "proposed") throw new AppError("conflict", "This submission was decided already.");
    const [row] = await db
      .select({ submissionId: versions.submissionId })
      .from(versions)
      .where(and(eq(versions.appId, member.appId), eq(versions.code, member.code), eq(versions.state, "submitted")));
    return row?.submissionId ?? null;
  }
  return null;
}
