import { and, eq, exists, ilike, inArray, max, or, type SQL, sql } from "drizzle-orm";
import { handovers, people, platform, sessions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import { type Handover, isHalved, isOpen } from "@/lib/auth/handovers";
import type { HandoverView, PeopleList, PeopleListQuery, PersonView } from "@/lib/contracts/people";
import { APPROVERS_NEEDED } from "@/lib/domain/approvers";
import type { SignInGiver } from "@/lib/domain/lifecycles";
import { type Actor, hasPermission, type Permission, ROLES } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { following, holding, type Listing, named, orderOf, PAGE_SIZE, toPage } from "../paging";
import { requirePermission } from "../require-permission";
import { findUnusedLeaves, needsLeave, whyNoSignIn } from "./leaves";

const LEAVE_NEEDED = "A reset takes two people: allow it above, and another approves.";

type PersonRow = typeof people.$inferSelect;

const NAME = named(people.name);
const LISTING: Listing = {
  name: "people",
  by: [
    { value: NAME, is: "text" },
    { value: people.id, is: "text" },
  ],
};

/** SQL: active, and of a role that has the permission. */
const may = (permission: Permission): SQL | undefined =>
  and(
    eq(people.state, "active"),
    inArray(
      people.role,
      ROLES.filter((role) => hasPermission(role, permission)),
    ),
  );

/** Whether set-up is over, and how many people can approve: admins never do, so they never count. */
export async function readSetUp(
  db: Database,
): Promise<{ isComplete: boolean; approvers: number; approversNeeded: number }> {
  const [counted] = await db.select({ approvers: countWhere(may("changes.approve")) }).from(people);
  const [row] = await db.select({ setUpAt: platform.setUpAt }).from(platform).limit(1);
  return {
    isComplete: row?.setUpAt != null,
    approvers: counted?.approvers ?? 0,
    approversNeeded: APPROVERS_NEEDED,
  };
}

/** Everybody who may sign in or could once and matches, by name, 50 a page. Raises `invalid_input` for a cursor of another list. */
export async function listPeople(context: ServiceContext, actor: Actor, query: PeopleListQuery): Promise<PeopleList> {
  requirePermission(actor, "people.read");
  const { db } = context.store;
  const { q, changeSetId } = query;
  const matching = and(
    q === undefined || q === "" ? undefined : or(ilike(people.name, holding(q)), ilike(people.email, holding(q))),
    changeSetId === undefined
      ? undefined
      : exists(
          db
            .select({ one: sql`1` })
            .from(handovers)
            .where(and(eq(handovers.personId, people.id), eq(handovers.changeSetId, changeSetId))),
        ),
  );
  const rows = await db
    .select({ person: people, name: NAME })
    .from(people)
    .where(and(matching, following(LISTING, query.cursor)))
    .orderBy(...orderOf(LISTING))
    .limit(PAGE_SIZE + 1);
  const page = toPage(LISTING, rows, ({ name, person }) => [name, person.id]);
  const [counted] = await db.select({ total: countWhere(matching) }).from(people);
  return {
    items: await toViews(
      context,
      actor,
      page.rows.map(({ person }) => person),
    ),
    nextCursor: page.nextCursor,
    total: counted?.total ?? 0,
    setUp: await readSetUp(db),
  };
}

/** One person. Raises `not_found`. */
export async function getPerson(context: ServiceContext, actor: Actor, id: string): Promise<PersonView> {
  requirePermission(actor, "people.read");
  const [view] = await toViews(context, actor, await context.store.db.select().from(people).where(eq(people.id, id)));
  if (view === undefined) throw new AppError("not_found", "There is no such person.");
  return view;
}

async function toViews({ store: { db }, clock, config }: ServiceContext, actor: Actor, rows: PersonRow[]) {
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const seen = await db
    .select({ personId: sessions.personId, lastSeenAt: max(sessions.lastSeenAt) })
    .from(sessions)
    .where(inArray(sessions.personId, ids))
    .groupBy(sessions.personId);
  const seenBy = new Map(seen.map((row) => [row.personId, row.lastSeenAt]));
  const given = await db
    .select()
    .from(handovers)
    .where(and(inArray(handovers.personId, ids), isOpen(clock.nowMs())));
  const givenTo = new Map(given.map((row) => [row.personId, row]));
  const leaves = await findUnusedLeaves(db, ids, clock.nowMs());
  const { isComplete } = await readSetUp(db);
  const names = await namesOf(
    db,
    given.flatMap(({ linkTo, codeTo }) => [linkTo, codeTo]),
  );
  return rows.map(
    ({ id, email, name, role, publisherId, state, createdAt, signInLockedAt, signInGivenBy }): PersonView => ({
      linkBlockedBy:
        whyNoSignIn({ state, signInLockedAt }) ??
        (needsLeave({ state }, isComplete) && !isHalved(role, config) && !leaves.has(id) ? LEAVE_NEEDED : null),
      id,
      email,
      name,
      role,
      publisherId,
      state,
      isSignInLocked: signInLockedAt !== null,
      signIn: isHalved(role, config) ? viewSignIn(signInGivenBy, givenTo.get(id), names, actor) : null,
      createdAt: createdAt.toISOString(),
      lastSeenAt: seenBy.get(id)?.toISOString() ?? null,
      isMe: actor.kind === "person" && actor.personId === id,
    }),
  );
}

async function namesOf(db: Database, ids: string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, ids));
  return new Map(rows.map(({ id, name }) => [id, name]));
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
