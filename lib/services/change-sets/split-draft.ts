import { and, eq, inArray } from "drizzle-orm";
import { changeSets, changes } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { ChangeSetView } from "@/lib/contracts/change-sets";
import { mayNarrow } from "@/lib/domain/change-set-lifecycle";
import { formatMember } from "@/lib/domain/member-keys";
import { splitEdits } from "@/lib/domain/narrowing/judge-edits";
import type { Actor } from "@/lib/domain/roles";
import { invariant } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { auditSet } from "./audit-set";
import { decideOnSet, viewOf } from "./decide-on-set";
import { requireFresh, requirePublishable } from "./open-set";
import { publishAtOnce } from "./publish-at-once";
import { refusal } from "./require-verb";

/**
 * Divides the actor's draft: what is proven to narrow becomes a set of its own and is published at once, what widens
 * stays in the draft and asks. Raises `conflict` where all of it narrows, or none. Audited as `changeSet.split` and
 * `changeSet.narrow`.
 */
export async function splitDraft(
  ctx: ServiceContext,
  actor: Actor,
  id: string,
  input: { reason?: string } = {},
): Promise<{ draft: ChangeSetView; narrowing: ChangeSetView }> {
  let narrowing: ChangeSetView | undefined;
  const draft = await decideOnSet(ctx, actor, id, "split", async ({ tx, set, person, at }) => {
    requireFresh(set);
    const reason = input.reason ?? `What narrows of change set ${set.row.number}`;
    const parts = splitEdits(set.state, set.edits, set);
    if (parts.narrowing.length === 0 || parts.rest.length === 0) throw refusal("NOT_MIXED");
    if (!parts.narrowing.every(({ member }) => mayNarrow(person.role, member.kind))) throw refusal("ROLE");
    requirePublishable(set.state, parts.narrowing, "conflict");
    const keys = parts.narrowing.map(({ member }) => formatMember(member));
    await tx.db.delete(changes).where(and(eq(changes.changeSetId, id), inArray(changes.member, keys)));
    await tx.db.update(changeSets).set({ isNarrowing: false, updatedAt: at }).where(eq(changeSets.id, id));
    const { state, isSetUpComplete } = set;
    await appendAudit(
      tx,
      ctx,
      auditSet(ctx, actor, {
        action: "changeSet.split",
        changeSetId: id,
        edits: parts.narrowing,
        state,
        reason,
      }),
    );
    const published = await publishAtOnce(tx, ctx, actor, {
      edits: parts.narrowing,
      state,
      isSetUpComplete,
      isNarrowing: true,
      reason,
      action: "changeSet.narrow",
      splitFrom: id,
    });
    narrowing = await viewOf(tx, ctx, actor, published);
  });
  invariant(narrowing !== undefined, "the split published its narrowing part");
  return { draft, narrowing };
}
