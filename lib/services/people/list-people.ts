import { asc, inArray, max } from "drizzle-orm";
import { people, platform, sessions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { PeopleList } from "@/lib/contracts/people";
import { APPROVERS_NEEDED, countApprovers } from "@/lib/domain/approvers";
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
  return {
    items: rows.map(({ id, email, name, role, publisherId, state, createdAt, signInLockedAt }) => ({
      id,
      email,
      name,
      role,
      publisherId,
      state,
      isSignInLocked: signInLockedAt !== null,
      createdAt: createdAt.toISOString(),
      lastSeenAt: seenBy.get(id)?.toISOString() ?? null,
      isMe: actor.kind === "person" && actor.personId === id,
    })),
    setUp: await readSetUp(db),
  };
}
