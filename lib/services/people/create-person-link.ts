import { and, desc, eq, gt } from "drizzle-orm";
import { changeSets, changes, people, signInLinks } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { refusal, requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { issueLink } from "./issue-link";

/** How long an approved reset may wait for its link. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/**
 * A new one-time link for another person. Whoever was invited and has not joined gets one as often as needed: another
 * approved that invitation. A reset of a sign-in takes a published change of `person:…/sign-in` once set-up is over, at
 * most 24 h old and not used yet (spec §6); without one it raises `precondition_failed`. Raises `not_found`, `conflict`
 * for a disabled person and a locked sign-in. Audited as `link.create`.
 */
export async function createPersonLink(
  ctx: ServiceContext,
  actor: Actor,
  input: { personId: string },
): Promise<{ link: string; expiresAt: string }> {
  requirePermission(actor, "people.manage");
  if (requirePerson(actor).personId === input.personId) throw refusal("OWN_PERSON");
  return ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const [person] = await tx.db.select().from(people).where(eq(people.id, input.personId));
    if (person === undefined) throw new AppError("not_found", "There is no such person.");
    if (person.state === "disabled") throw new AppError("conflict", "This person is disabled.");
    if (person.signInLockedAt !== null)
      throw new AppError("conflict", "This person's sign-in is locked. Unlock it first.");
    if (person.state === "invited") return issueLink(tx, ctx, actor, { personId: person.id, purpose: "invite" });
    if (isSetUpComplete && !(await hasUnusedLeave(tx, person.id, ctx.clock.nowMs()))) {
      throw new AppError("precondition_failed", "A reset takes another's approval: propose it first.", {
        details: [
          {
            path: formatMember({ kind: "sign-in", personId: person.id }),
            code: "APPROVAL_NEEDED",
            message: "Propose a change of this member, with the purpose reset.",
          },
        ],
      });
    }
    return issueLink(tx, ctx, actor, { personId: person.id, purpose: "reset" });
  });
}

async function hasUnusedLeave(tx: Transaction, personId: string, nowMs: number): Promise<boolean> {
  const [leave] = await tx.db
    .select({ publishedAt: changeSets.publishedAt })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(
      and(
        eq(changes.member, formatMember({ kind: "sign-in", personId })),
        eq(changeSets.state, "published"),
        gt(changeSets.publishedAt, new Date(nowMs - LEAVE_MS)),
      ),
    )
    .orderBy(desc(changeSets.publishedAt))
    .limit(1);
  if (leave?.publishedAt == null) return false;
  const [spent] = await tx.db
    .select({ createdAt: signInLinks.createdAt })
    .from(signInLinks)
    .where(and(eq(signInLinks.personId, personId), eq(signInLinks.purpose, "reset")))
    .orderBy(desc(signInLinks.createdAt))
    .limit(1);
  return spent === undefined || spent.createdAt < leave.publishedAt;
}
