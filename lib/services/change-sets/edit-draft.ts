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
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { auditSet } from "./audit-set";
import { beginDecision } from "./begin-decision";
import { type ChangeSetRow, editsOf, findDraft, saveChanges } from "./change-set-rows";
import { viewNow } from "./decide-on-set";
import { judgeChanges } from "./judge-changes";
import { requirePublishable } from "./open-set";
import { requirePerson } from "./require-verb";
import { readChanges, requireEditable, type WishedChanges } from "./resolve-changes";

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
): Promise<{ draft: ChangeSetView | null }> {
  return writeDraft(ctx, actor, readChanges(input.changes, requirePerson(actor), ctx.ids));
}

/** The same for changes that a verb of its own has made; `newKeys` are members that it vouches for. */
export async function writeDraft(
  ctx: ServiceContext,
  actor: Actor,
  { edits: wished, newKeys, origins = new Map() }: WishedChanges,
): Promise<{ draft: ChangeSetView | null }> {
  const person = requirePerson(actor);
  return ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const draft = await findDraft(tx.db, person.personId);
    const held = draft === undefined ? [] : editsOf(draft);
    const state = await loadState(
      tx.db,
      [...held, ...wished].map((edit) => edit.member),
      [...held, ...wished],
    );
    requireEditable(state, wished, new Set([...newKeys, ...held.map((edit) => formatMember(edit.member))]));
    const wishedKeys = new Set(wished.map((edit) => formatMember(edit.member)));
    const edits = [
      ...held.filter((edit) => !wishedKeys.has(formatMember(edit.member))),
      ...wished.filter((edit) => !isSameValue(edit.entry?.value, memberValue(state, edit.member))),
    ];
    if (edits.length > CHANGES_MAX) {
      throw new AppError("limit_exceeded", `A draft holds at most ${CHANGES_MAX} changes; propose this one first.`);
    }
    requirePublishable(state, edits, "invalid_input", wished);
    const row = draft?.row ?? (await beginDraft(tx, ctx, person.personId));
    const kept = (draft?.changes ?? []).filter((change) => !wishedKeys.has(change.member));
    const known = (draft?.changes ?? []).flatMap(({ member, denialId }) =>
      denialId === null ? [] : [[member, denialId] as const],
    );
    const judged = judgeChanges(state, edits, { isSetUpComplete }, ctx.ids, kept, new Map([...known, ...origins]));
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
    return { draft: edits.length === 0 ? null : await viewNow(tx, ctx, actor, row.id) };
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
