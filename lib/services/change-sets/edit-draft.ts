import { eq } from "drizzle-orm";
import { changeSets } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeInput, ChangeSetView } from "@/lib/contracts/change-sets";
import { formatMember } from "@/lib/domain/member-keys";
import { memberValue } from "@/lib/domain/policy-state";
import type { Actor } from "@/lib/domain/roles";
import { isSameValue } from "@/lib/domain/same-value";
import { AppError, invariant } from "@/lib/platform/errors";
import { lockPlatform } from "@/lib/sync/lock-platform";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { auditSet } from "./audit-set";
import { type ChangeSetRow, editsOf, findDraft, loadChangeSet, saveChanges } from "./change-set-rows";
import { viewChangeSet } from "./change-set-view";
import { judgeChanges } from "./judge-changes";
import { requirePublishable } from "./open-set";
import { requirePerson } from "./require-verb";
import { readChanges, requireEditable } from "./resolve-changes";

const CHANGES_MAX = 200;

/**
 * Writes changes into the actor's one draft, begun if there is none. A change of a member that the draft holds takes
 * its place; one back to the published value leaves the draft. Raises `invalid_input` for what cannot be read or
 * published, `forbidden` for members that this role does not write. Audited as `changeSet.edit`.
 */
export async function editDraft(
  ctx: ServiceContext,
  actor: Actor,
  input: { changes: readonly ChangeInput[] },
): Promise<ChangeSetView> {
  const person = requirePerson(actor);
  const { edits: wished, newRules } = readChanges(input.changes, person, ctx.ids);
  return ctx.store.transaction(async (tx) => {
    const platform = await lockPlatform(tx);
    const draft = await findDraft(tx.db, person.personId);
    const held = draft === undefined ? [] : editsOf(draft);
    const state = await loadState(
      tx.db,
      [...held, ...wished].map((edit) => edit.member),
      [...held, ...wished],
    );
    requireEditable(state, wished, new Set([...newRules, ...held.map((edit) => formatMember(edit.member))]));
    const wishedKeys = new Set(wished.map((edit) => formatMember(edit.member)));
    const edits = [
      ...held.filter((edit) => !wishedKeys.has(formatMember(edit.member))),
      ...wished.filter((edit) => !isSameValue(edit.entry?.value, memberValue(state, edit.member))),
    ];
    if (edits.length > CHANGES_MAX) {
      throw new AppError("limit_exceeded", `A draft holds at most ${CHANGES_MAX} changes; propose this one first.`);
    }
    requirePublishable(state, edits, "invalid_input");
    const row = draft?.row ?? (await beginDraft(tx, ctx, person.personId));
    const kept = (draft?.changes ?? []).filter((change) => !wishedKeys.has(change.member));
    const judged = judgeChanges(state, edits, { isSetUpComplete: platform.setUpAt !== null }, ctx.ids, kept);
    await saveChanges(tx.db, row.id, judged.rows);
    await tx.db
      .update(changeSets)
      .set({ isNarrowing: judged.isNarrowing, updatedAt: new Date(ctx.clock.nowMs()) })
      .where(eq(changeSets.id, row.id));
    await appendAudit(
      tx,
      ctx,
      auditSet(ctx, actor, { action: "changeSet.edit", changeSetId: row.id, edits: wished, state, reason: null }),
    );
    tx.announce({ topic: "change-sets" });
    const saved = await loadChangeSet(tx.db, row.id);
    const view = await viewChangeSet(tx.db, saved.row, actor, ctx.clock.nowMs());
    invariant(view !== undefined, "the draft was saved just above");
    return view;
  });
}

async function beginDraft(tx: Transaction, ctx: ServiceContext, ownerId: string): Promise<ChangeSetRow> {
  const now = new Date(ctx.clock.nowMs());
  const [row] = await tx.db
    .insert(changeSets)
    .values({ id: ctx.ids.next("changeSet"), ownerId, state: "draft", createdAt: now, updatedAt: now })
    .returning();
  invariant(row !== undefined, "an insert answers with its row");
  return row;
}
