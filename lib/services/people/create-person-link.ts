import { and, desc, eq, gt } from "drizzle-orm";
import { changeSets, changes, people, signInLinks } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { isHalved } from "@/lib/auth/handovers";
import { formatMember } from "@/lib/domain/member-keys";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { refusal, requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { issueLink } from "./issue-link";
import { approvalNeeded, giveAlone, type ShownLink, showLink } from "./show-halves";

/** How long an approved reset may wait for its link. */
const LEAVE_MS = 24 * 60 * 60 * 1000;

/**
 * A one-time link for another person. Of one who may propose or approve it is half of the sign-in that a published change
 * set gives: shown once, to whoever proposed that; in set-up it is made anew as often as asked, and the code comes with it.
 * For others it is whole: an invited one gets one as often as needed, a reset takes a published change of
 * `person:…/sign-in` once set-up is over, at most 24 h old and not used yet (spec §6). Raises `precondition_failed` where
 * nothing gives it, `not_found`, `forbidden` for whom the half is not for, `conflict` for one that was shown, for a
 * disabled person and a locked sign-in. Audited as `link.create`.
 */
export async function createPersonLink(
  ctx: ServiceContext,
  actor: Actor,
  input: { personId: string },
): Promise<ShownLink> {
  requirePermission(actor, "people.manage");
  const { personId: ownId } = requirePerson(actor);
  if (ownId === input.personId) throw refusal("OWN_PERSON");
  return ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    const person = await requireReceiver(tx.db, input.personId);
    const purpose = person.state === "invited" ? "invite" : "reset";
    if (isHalved(person.role, ctx.config)) {
      if (!isSetUpComplete) return giveAlone(tx, ctx, actor, { personId: person.id, purpose });
      return showLink(tx, ctx, actor, person.id);
    }
    if (purpose === "reset" && isSetUpComplete && !(await hasUnusedLeave(tx, person.id, ctx.clock.nowMs()))) {
      throw approvalNeeded(person.id);
    }
    return { ...(await issueLink(tx, ctx, actor, { personId: person.id, purpose })), code: null };
  });
}

/** Raises `not_found`, and `conflict` for whoever cannot sign in by a link. */
export async function requireReceiver(db: Database, personId: string): Promise<typeof people.$inferSelect> {
  const [person] = await db.select().from(people).where(eq(people.id, personId));
  if (person === undefined) throw new AppError("not_found", "There is no such person.");
  if (person.state === "disabled") throw new AppError("conflict", "This person is disabled.");
  if (person.signInLockedAt !== null)
    throw new AppError("conflict", "This person's sign-in is locked. Unlock it first.");
  return person;
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
