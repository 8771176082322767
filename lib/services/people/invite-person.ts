import { findHandover } from "@/lib/auth/handovers";
import { explainShape } from "@/lib/domain/explain-shape";
import { parseEntry } from "@/lib/domain/member-values";
import { wideningsOf } from "@/lib/domain/narrowing/judge-edits";
import type { Edit } from "@/lib/domain/policy-state";
import type { Actor, Role } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { requirePublishable } from "../change-sets/open-set";
import { insertProposal } from "../change-sets/propose-at-once";
import { publishAtOnce } from "../change-sets/publish-at-once";
import { requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { loadState } from "../members/load-state";
import { requirePermission } from "../require-permission";
import { issueLink } from "./issue-link";
import { showBoth } from "./show-halves";

export type Invited = {
  personId: string;
  link: string | null;
  /** In set-up, where one person has both halves of a deciding role's sign-in. */
  code: string | null;
  expiresAt: string | null;
  changeSetId: string | null;
};

/**
 * Invites a person. During set-up, and for a role that neither proposes nor approves, the one-time link is answered at
 * once, during set-up with the code that a deciding role needs too; otherwise a change set is proposed, and when another
 * approved it, its proposer is shown the link and whoever approved it the code (spec §6). Raises
 * `invalid_input` for an e-mail that is taken, or a developer without a publisher. Audited as `person.invite` or
 * `changeSet.propose`.
 */
export async function invitePerson(
  ctx: ServiceContext,
  actor: Actor,
  input: { email: string; name: string; role: Role; publisherId: string | null },
): Promise<Invited> {
  requirePermission(actor, "people.manage");
  const { personId: ownerId } = requirePerson(actor);
  const { email, name, role, publisherId } = input;
  const personId = ctx.ids.next("person");
  const member = { kind: "person", personId } as const;
  const value = { email, name, role, publisherId, state: "invited" };
  const parsed = parseEntry(member, value);
  if (!parsed.ok) {
    throw new AppError("invalid_input", "This person cannot be invited so.", {
      details: parsed.issues.map(({ path, code }) => ({ path, code, ...explainShape(member, value, path) })),
    });
  }
  const edits: Edit[] = [{ member, entry: parsed.entry }];
  return ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const state = await loadState(tx.db, [member], edits);
    requirePublishable(state, edits, "invalid_input");
    const reason = `Invite ${name} as ${role}`;
    if (wideningsOf(state, edits, { isSetUpComplete }).length > 0) {
      const changeSetId = await insertProposal(tx, ctx, actor, { ownerId, edits, state, isSetUpComplete, reason });
      return { personId, link: null, code: null, expiresAt: null, changeSetId };
    }
    await publishAtOnce(tx, ctx, actor, {
      edits,
      state,
      isSetUpComplete,
      isNarrowing: true,
      reason,
      action: "person.invite",
    });
    const handover = await findHandover(tx.db, personId, ctx.clock.nowMs());
    const shown =
      handover === undefined
        ? { ...(await issueLink(tx, ctx, actor, { personId, purpose: "invite" })), code: null }
        : await showBoth(tx, ctx, actor, handover);
    return { personId, ...shown, changeSetId: null };
  });
}
