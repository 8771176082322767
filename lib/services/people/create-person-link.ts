import { eq } from "drizzle-orm";
import { people } from "@/db/schema";
import type { Database } from "@/db/store";
import { isHalved } from "@/lib/auth/handovers";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import { refusal, requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";
import { issueLink } from "./issue-link";
import { findUnusedLeaves, needsLeave, whyNoSignIn } from "./leaves";
import { approvalNeeded, giveAlone, type ShownLink, showLink } from "./show-halves";

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
    const leaves = await findUnusedLeaves(tx.db, [person.id], ctx.clock.nowMs());
    if (needsLeave(person, isSetUpComplete) && !leaves.has(person.id)) throw approvalNeeded(person.id);
    return { ...(await issueLink(tx, ctx, actor, { personId: person.id, purpose })), code: null };
  });
}

/** Raises `not_found`, and `conflict` for whoever cannot sign in by a link. */
export async function requireReceiver(db: Database, personId: string): Promise<typeof people.$inferSelect> {
  const [person] = await db.select().from(people).where(eq(people.id, personId));
  if (person === undefined) throw new AppError("not_found", "There is no such person.");
  const why = whyNoSignIn(person);
  if (why !== null) throw new AppError("conflict", why);
  return person;
}
