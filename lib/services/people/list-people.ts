import { and, asc, inArray, max } from "drizzle-orm";
import { handovers, people, platform, sessions } from "@/db/schema";
import type { Database } from "@/db/store";
import { type Handover, isHalved, isOpen } from "@/lib/auth/handovers";
import type { HandoverView, PeopleList } from "@/lib/contracts/people";
import { APPROVERS_NEEDED, countApprovers } from "@/lib/domain/approvers";
import type { SignInGiver } from "@/lib/domain/lifecycles";
import type { Actor } from "@/lib/domain/roles";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

const PEOPLE_MAX = 1000;

export async function readSetUp(
  db: Database,
): Promise<{ isComplete: boolean; approvers: number; approversNeeded: number }> {
  const rows = await db.select({ role: people.role, state: people.state }).from(people).limit(PEOPLE_MAX);
  const [row] = await db.select({ setUpAt: platform.setUpAt }).from(platform).limit(1);
  return {
    isComplete: row?.setUpAt != null,
    approvers: countApprovers(rows),
    approversNeeded: APPROVERS_NEEDED,
  };
}

/** Everybody who may sign in or could once, by name. */
export async function listPeople(context: ServiceContext, actor: Actor): Promise<PeopleList> {
  requirePermission(actor, "people.read");
  const { db } = context.store;
  const rows = await db.select().from(people).orderBy(asc(people.name), asc(people.id)).limit(PEOPLE_MAX);
  const ids = rows.map((row) => row.id);
  const seen =
    ids.length === 0
      ? []
      : await db
          .select({ personId: sessions.personId, lastSeenAt: max(sessions.lastSeenAt) })
          .from(sessions)
          .where(inArray(sessions.personId, ids))
          .groupBy(sessions.personId);
  const seenBy = new Map(seen.map((row) => [row.personId, row.lastSeenAt]));
  const given = await db
    .select()
    .from(handovers)
    .where(and(inArray(handovers.personId, ids), isOpen(context.clock.nowMs())));
  const givenTo = new Map(given.map((row) => [row.personId, row]));
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return {
    items: rows.map(({ id, email, name, role, publisherId, state, createdAt, signInLockedAt, signInGivenBy }) => ({
      id,
      email,
      name,
      role,
      publisherId,
      state,
      isSignInLocked: signInLockedAt !== null,
      signIn: isHalved(role, context.config) ? viewSignIn(signInGivenBy, givenTo.get(id), names, actor) : null,
      createdAt: createdAt.toISOString(),
      lastSeenAt: seenBy.get(id)?.toISOString() ?? null,
      isMe: actor.kind === "person" && actor.personId === id,
    })),
    setUp: await readSetUp(db),
  };
}

function viewSignIn(
  signInGivenBy: SignInGiver | null,
  handover: Handover | undefined,
  names: ReadonlyMap<string, string>,
  actor: Actor,
): { givenBy: SignInGiver | null; handover: HandoverView | null } {
  if (handover === undefined) return { givenBy: signInGivenBy, handover: null };
  const { changeSetId, linkTo, codeTo, tokenSha256, codeHmac, expiresAt } = handover;
  const person = (id: string) => ({ id, name: names.get(id) ?? id });
  const isByOne = linkTo === codeTo;
  const shown = { link: tokenSha256 !== null, code: codeHmac !== null };
  const ownId = actor.kind === "person" ? actor.personId : null;
  const mine = (to: string, half: keyof typeof shown) => !isByOne && to === ownId && !shown[half];
  return {
    // One who has both halves may know the password that they will set.
    givenBy: isByOne ? "one" : signInGivenBy,
    handover: {
      changeSetId,
      link: { to: person(linkTo), isShown: shown.link },
      code: { to: person(codeTo), isShown: shown.code },
      mine: mine(linkTo, "link") ? "link" : mine(codeTo, "code") ? "code" : null,
      expiresAt: expiresAt.toISOString(),
    },
  };
}
