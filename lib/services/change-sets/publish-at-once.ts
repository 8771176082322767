import { changeSets } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { AuditAction } from "@/lib/audit/actions";
import type { Edit, PolicyState } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { addChanges, type LoadedSet, placed } from "./change-set-rows";
import { judgeChanges } from "./judge-changes";
import { publishStep } from "./publish-step";

export type OneAct = {
  edits: readonly Edit[];
  state: PolicyState;
  isSetUpComplete: boolean;
  isNarrowing: boolean;
  reason: string;
  action: AuditAction;
  undoOf?: string;
  splitFrom?: string;
};

/** Writes a change set that is published in the act that begins it, and answers with it. The caller judged it. */
export async function publishAtOnce(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  act: OneAct,
): Promise<LoadedSet> {
  const at = new Date(ctx.clock.nowMs());
  const id = ctx.ids.next("changeSet");
  const judged = judgeChanges(act.state, act.edits, act, ctx.ids);
  const set = tx.db.insert(changeSets).values({
    id,
    ownerId: actor.kind === "person" ? actor.personId : actor.kind,
    state: "published",
    reason: act.reason,
    undoOf: act.undoOf ?? null,
    splitFrom: act.splitFrom ?? null,
    createdAt: at,
    updatedAt: at,
  });
  const { edits, state, isSetUpComplete, isNarrowing, action, reason } = act;
  const step = { edits, state, isSetUpComplete, isNarrowing, action, reason, approval: null };
  // The set first: a transaction's statements run in the order in which they are asked.
  const [, , row] = await Promise.all([
    set.execute(),
    addChanges(tx.db, id, judged.rows),
    publishStep(tx, ctx, actor, { changeSetId: id, ...step }),
  ]);
  return { row, changes: placed(id, judged.rows) };
}
