import { and, eq, sql } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { isInTable, type MemberFacts, removeMember, writeMembers } from "@/db/published-members";
import { people, programs, publisherKeys, publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { endLinks } from "@/lib/auth/links";
import { endSessionsOf } from "@/lib/auth/sessions";
import type { EntryOf, MemberOf, RowKind } from "@/lib/domain/members";
import type { Edit } from "@/lib/domain/policy-state";
import { invariant } from "@/lib/platform/errors";

export type WriteFacts = MemberFacts & {
  /** The person whose proposal another approved; null where one acted. */
  proposedBy: string | null;
};

/**
 * Writes one published member into the table of members, or the rows of its kind; without a value it is removed. The caller has judged the edit, holds the
 * platform's lock, and journals and audits what it did. Raises `internal` for what no judged edit can ask.
 */
export async function applyMember(db: Database, { member, entry }: Edit, facts: WriteFacts): Promise<void> {
  if (entry === null) await (isInTable(member) ? removeMember(db, member) : removeRow(db, member));
  else await (isInTable(entry) ? writeMembers(db, [entry], facts) : writeRow(db, entry, facts));
}

async function writeRow(db: Database, entry: EntryOf<RowKind>, { at, proposedBy }: WriteFacts): Promise<void> {
  switch (entry.kind) {
    case "publisher": {
      const { name } = entry.value;
      const row = { id: entry.member.publisherId, name, createdAt: at };
      await db.insert(publishers).values(row).onConflictDoUpdate({ target: publishers.id, set: { name } });
      return;
    }
    case "publisher-key": {
      const { publisherId, kid } = entry.member;
      const { jwk, status } = entry.value;
      // Who first had it let in stays its maker. One whose maker nobody knows gets one when two people let it in again.
      const createdBy = status === "active" ? proposedBy : null;
      await db
        .insert(publisherKeys)
        .values({ publisherId, kid, jwk, status, createdBy, createdAt: at })
        .onConflictDoUpdate({
          target: [publisherKeys.publisherId, publisherKeys.kid],
          set: { status, createdBy: sql`coalesce(${publisherKeys.createdBy}, excluded.created_by)` },
        });
      return;
    }
    case "registration": {
      const { publisherId, name } = entry.value;
      await db
        .insert(programs)
        .values({ appId: entry.member.appId, publisherId, name, status: "active", createdAt: at })
        .onConflictDoUpdate({ target: programs.appId, set: { name } });
      return;
    }
    case "status":
      await db.update(programs).set({ status: entry.value }).where(eq(programs.appId, entry.member.appId));
      return;
    case "version": {
      const listed = await db
        .update(versions)
        .set({ state: "listed", listedAt: at })
        .where(and(eq(versions.appId, entry.member.appId), eq(versions.code, entry.member.code), holdsCode()))
        .returning({ sha256: versions.sha256 });
      invariant(listed[0]?.sha256 === entry.value.sha256, "a version is listed only as it was submitted");
      return;
    }
    case "person": {
      const { personId } = entry.member;
      const { role, state, publisherId } = entry.value;
      const [before] = await db.select().from(people).where(eq(people.id, personId));
      await db
        .insert(people)
        .values({ id: personId, ...entry.value, createdAt: at })
        .onConflictDoUpdate({ target: people.id, set: entry.value });
      if (before?.role === role && before.state === state && before.publisherId === publisherId) return;
      // A session does not outlive the role that it was begun with.
      await endSessionsOf(db, personId, at.getTime());
      return;
    }
    case "sign-in":
      // Leave to make one link, which spends it, or two halves (`giveSignIns`): the change set that gave it is the record.
      return;
    case "sign-in-lock": {
      const { personId } = entry.member;
      await db.update(people).set({ signInLockedAt: at }).where(eq(people.id, personId));
      await endSessionsOf(db, personId, at.getTime());
      await endLinks(db, personId, at.getTime());
      return;
    }
  }
}

async function removeRow(db: Database, member: MemberOf<RowKind>): Promise<void> {
  switch (member.kind) {
    case "version":
      await db
        .update(versions)
        .set({ state: "withdrawn" })
        .where(and(eq(versions.appId, member.appId), eq(versions.code, member.code), holdsCode()));
      return;
    case "sign-in-lock":
      await db.update(people).set({ signInLockedAt: null }).where(eq(people.id, member.personId));
      return;
    default:
      invariant(false, `a member of kind ${member.kind} is never removed`);
  }
}
