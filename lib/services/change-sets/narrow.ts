import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import type { ChangeInput, ChangeSetView } from "@/lib/contracts/change-sets";
import { wideningsOf } from "@/lib/domain/narrowing/judge-edits";
import { type Edit, memberValue, type PolicyState } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { beginDecision } from "./begin-decision";
import { placed, saveChanges } from "./change-set-rows";
import { decideOnSet, viewOf } from "./decide-on-set";
import { judgeChanges } from "./judge-changes";
import { requireFresh, requirePublishable } from "./open-set";
import { publishAtOnce } from "./publish-at-once";
import { publishStep } from "./publish-step";
import { refusal, requirePerson } from "./require-verb";
import { readChanges, requireEditable } from "./resolve-changes";

/**
 * Publishes the actor's draft at once, because it is proven that it allows no more than before (spec §6). Raises
 * `conflict` where it is not proven. Audited as `changeSet.narrow`.
 */
export async function narrowDraft(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason: string },
): Promise<ChangeSetView> {
  return decideOnSet(ctx, actor, id, "narrow", async ({ tx, set }) => {
    requireFresh(set);
    requirePublishable(set.state, set.edits, "conflict");
    const judged = judgeChanges(set.state, set.edits, set, ctx.ids, set.changes);
    await saveChanges(tx.db, id, judged.rows);
    await tx.db.update(changeSets).set({ reason: input.reason }).where(eq(changeSets.id, id));
    const row = await publishStep(tx, ctx, actor, {
      changeSetId: id,
      edits: set.edits,
      state: set.state,
      isNarrowing: true,
      approval: null,
      isSetUpComplete: set.isSetUpComplete,
      action: "changeSet.narrow",
      reason: input.reason,
    });
    return { row, changes: placed(id, judged.rows) };
  });
}

/**
 * Publishes changes at once without a draft: suspend, revoke, lower, remove, block. The proof and the rights are those
 * of `narrowDraft`; the actor's draft stays as it is. Raises `conflict` for what is not proven to narrow and for what
 * changes nothing.
 */
export async function narrowAtOnce(
  ctx: ServiceContext,
  actor: Actor,
  input: { changes: readonly ChangeInput[]; reason: string },
): Promise<ChangeSetView> {
  const person = requirePerson(actor);
  const wished = readChanges(input.changes, person, ctx.ids, "narrow");
  return ctx.store.in("decide").transaction(async (tx) => {
    const members = wished.edits.map((edit) => edit.member);
    // Behind the lock, since that is asked first.
    const [{ isSetUpComplete }, state] = await Promise.all([
      beginDecision(tx, ctx),
      loadState(tx.db, members, wished.edits),
    ]);
    requireEditable(state, wished.edits, wished.newKeys);
    const edits = wished.edits.filter((edit) => !isSameValue(edit.entry?.value, memberValue(state, edit.member)));
    requireNarrowing(state, edits, isSetUpComplete, wished.edits);
    const step = { edits, state, isSetUpComplete, reason: input.reason, action: "changeSet.narrow" as const };
    return viewOf(tx, ctx, actor, await publishAtOnce(tx, ctx, actor, { ...step, isNarrowing: true }));
  });
}

function requireNarrowing(
  state: PolicyState,
  edits: readonly Edit[],
  isSetUpComplete: boolean,
  wished: readonly Edit[],
): void {
  if (edits.length === 0) throw refusal("NOTHING_CHANGES");
  requirePublishable(state, edits, "invalid_input", wished);
  const widenings = wideningsOf(state, edits, { isSetUpComplete });
  if (widenings.length === 0) return;
  throw new AppError("conflict", "It is not proven to narrow, so it takes a proposer and another who approves.", {
    details: widenings.map(({ code, appId, what }) => ({
      path: appId ?? "platform",
      code,
      message: `Not proven to allow no more: ${what}`,
    })),
  });
}
