import { changeSets } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeInput, ChangeSetView } from "@/lib/contracts/change-sets";
import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { auditSet } from "./audit-set";
import { beginDecision } from "./begin-decision";
import { saveChanges } from "./change-set-rows";
import { viewNow } from "./decide-on-set";
import { judgeChanges } from "./judge-changes";
import { requirePublishable } from "./open-set";
import { refusal, requirePerson } from "./require-verb";
import { readChanges, requireEditable } from "./resolve-changes";

/**
 * Asks for another's approval of changes at once, without a draft: what is proposed by itself needs no other step. The
 * actor's draft stays as it is. Raises `invalid_input` for what cannot be read or published, `forbidden` for members that
 * this role does not write, `conflict` for what changes nothing. Audited as `changeSet.propose`.
 */
export async function proposeAtOnce(
  ctx: ServiceContext,
  actor: Actor,
  input: { changes: readonly ChangeInput[]; reason: string },
): Promise<ChangeSetView> {
  const person = requirePerson(actor);
  const wished = readChanges(input.changes, person, ctx.ids);
  return ctx.store.in("decide").transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const members = wished.edits.map((edit) => edit.member);
    const state = await loadState(tx.db, members, wished.edits);
    requireEditable(state, wished.edits, wished.newKeys);
    const edits = wished.edits.filter((edit) => !isSameValue(edit.entry?.value, memberValue(state, edit.member)));
    if (edits.length === 0) throw refusal("NOTHING_CHANGES");
    requirePublishable(state, edits, "invalid_input", wished.edits);
    const { origins } = wished;
    const proposal = { ownerId: person.personId, edits, state, isSetUpComplete, reason: input.reason, origins };
    const id = await insertProposal(tx, ctx, actor, proposal);
    return viewNow(tx, ctx, actor, id);
  });
}

export type Proposal = {
  ownerId: string;
  edits: readonly Edit[];
  state: PolicyState;
  isSetUpComplete: boolean;
  reason: string;
  /** From which denials members are proposed, by member's key. */
  origins?: ReadonlyMap<string, string> | undefined;
};

/** Writes a change set that waits for approval as it begins, and says so. The caller judged it. Answers with its id. */
export async function insertProposal(
  tx: Transaction,
  ctx: ServiceContext,
  actor: Actor,
  proposal: Proposal,
): Promise<string> {
  const { ownerId, edits, state, reason } = proposal;
  const at = new Date(ctx.clock.nowMs());
  const id = ctx.ids.next("changeSet");
  const judged = judgeChanges(state, edits, proposal, ctx.ids, [], proposal.origins);
  await tx.db.insert(changeSets).values({
    ...{ id, ownerId, state: "proposed", reason, isNarrowing: judged.isNarrowing },
    ...{ proposedAt: at, createdAt: at, updatedAt: at },
  });
  await saveChanges(tx.db, id, judged.rows);
  await appendAudit(
    tx,
    ctx,
    auditSet(ctx, actor, { action: "changeSet.propose", changeSetId: id, edits, state, reason }),
  );
  tx.announce({ topic: "change-sets" });
  return id;
}
