import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { auditSet } from "./audit-set";
import { saveChanges } from "./change-set-rows";
import { decideOnSet } from "./decide-on-set";
import { judgeChanges } from "./judge-changes";
import { requireFresh, requirePublishable } from "./open-set";

/**
 * Asks for another's approval of the actor's draft, which ends being one. Raises `conflict` where something that it
 * changes was published in the meantime, or where it could not be published as it stands. Audited as
 * `changeSet.propose`.
 */
export async function proposeChangeSet(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  return decideOnSet(ctx, actor, id, "propose", async ({ tx, set, at }) => {
    requireFresh(set);
    requirePublishable(set.state, set.edits, "conflict");
    const judged = judgeChanges(set.state, set.edits, set, ctx.ids, set.changes);
    await saveChanges(tx.db, id, judged.rows);
    await tx.db
      .update(changeSets)
      .set({
        state: "proposed",
        reason: input.reason,
        isNarrowing: judged.isNarrowing,
        proposedAt: at,
        updatedAt: at,
      })
      .where(eq(changeSets.id, id));
    await appendAudit(
      tx,
      ctx,
      auditSet(ctx, actor, { ...set, action: "changeSet.propose", changeSetId: id, reason: input.reason }),
    );
  });
}
