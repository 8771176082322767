import { and, eq, sql } from "drizzle-orm";
import {
  blockedHosts,
  externalRoutes,
  grants,
  hostRules,
  limits,
  minRuntimes,
  people,
  platform,
  programs,
  publisherKeys,
  publishers,
  receivers,
  versions,
} from "@/db/schema";
import type { Database } from "@/db/store";
import { endLinks } from "@/lib/auth/links";
import { endSessionsOf } from "@/lib/auth/sessions";
import type { Entry, Member } from "@/lib/domain/members";
import type { Edit } from "@/lib/domain/policy-state";
import { invariant } from "@/lib/platform/errors";

export type WriteFacts = {
  at: Date;
  changeSetId: string | null;
  /** The person whose proposal another approved; null where one acted. */
  proposedBy: string | null;
};

/**
 * Writes one published member into its table; without a value it is removed. The caller has judged the edit, holds the
 * platform's lock, and journals and audits what it did. Raises `internal` for what no judged edit can ask.
 */
export async function applyMember(db: Database, { member, entry }: Edit, facts: WriteFacts): Promise<void> {
  if (entry === null) await removeMember(db, member);
  else await writeMember(db, entry, facts);
}

async function writeMember(db: Database, entry: Entry, { at, changeSetId, proposedBy }: WriteFacts): Promise<void> {
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
        .where(and(eq(versions.appId, entry.member.appId), eq(versions.code, entry.member.code)))
        .returning({ sha256: versions.sha256 });
      invariant(listed[0]?.sha256 === entry.value.sha256, "a version is listed only as it was submitted");
      return;
    }
    case "grant": {
      const { appId, capability } = entry.member;
      const values = {
        consent: entry.value.consent,
        constraints: entry.value.constraints ?? null,
        untilSeconds: entry.value.until ?? null,
        changeSetId,
        updatedAt: at,
      };
      await db
        .insert(grants)
        .values({ appId, capability, ...values })
        .onConflictDoUpdate({ target: [grants.appId, grants.capability], set: values });
      return;
    }
    case "host": {
      const { host, ports, purposes, until, fromVersion, pins } = entry.value;
      const values = {
        host,
        ports,
        purposes,
        untilSeconds: until ?? null,
        fromVersion: fromVersion ?? null,
        pins: pins ?? null,
        changeSetId,
        updatedAt: at,
      };
      const { ruleId, appId } = entry.member;
      const written = await db
        .insert(hostRules)
        .values({ id: ruleId, appId, ...values })
        .onConflictDoUpdate({ target: hostRules.id, set: values, setWhere: eq(hostRules.appId, appId) })
        .returning({ id: hostRules.id });
      invariant(written.length === 1, "a rule's id is one program's for good");
      return;
    }
    case "limit":
      return writeLimit(db, entry.member.appId, entry.member.name, entry.value);
    case "platform-limit":
      return writeLimit(db, "platform", entry.member.name, entry.value);
    case "receiver": {
      const { appId, fromAppId } = entry.member;
      const { actions } = entry.value;
      await db
        .insert(receivers)
        .values({ appId, fromAppId, actions })
        .onConflictDoUpdate({ target: [receivers.appId, receivers.fromAppId], set: { actions } });
      return;
    }
    case "route":
      await db.insert(externalRoutes).values(entry.member).onConflictDoNothing();
      return;
    case "blocked-host":
      await db.insert(blockedHosts).values(entry.member).onConflictDoNothing();
      return;
    case "min-runtime": {
      const row = { kind: entry.member.runtime, version: entry.value };
      await db.insert(minRuntimes).values(row).onConflictDoUpdate({ target: minRuntimes.kind, set: row });
      return;
    }
    case "grace-seconds":
      await db.update(platform).set({ graceSeconds: entry.value });
      return;
    case "telemetry": {
      const { intervalSeconds, sampling } = entry.value;
      await db.update(platform).set({ telemetryIntervalSeconds: intervalSeconds, telemetrySampling: sampling });
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
      // Leave to make one link: the change set that gave it is the record, and making the link spends it.
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

async function writeLimit(db: Database, scope: string, name: string, value: typeof limits.$inferInsert.value) {
  await db
    .insert(limits)
    .values({ scope, name, value })
    .onConflictDoUpdate({ target: [limits.scope, limits.name], set: { value } });
}

async function removeMember(db: Database, member: Member): Promise<void> {
  switch (member.kind) {
    case "version":
      await db
        .update(versions)
        .set({ state: "withdrawn" })
        .where(and(eq(versions.appId, member.appId), eq(versions.code, member.code)));
      return;
    case "grant":
      await db.delete(grants).where(and(eq(grants.appId, member.appId), eq(grants.capability, member.capability)));
      return;
    case "host":
      await db.delete(hostRules).where(and(eq(hostRules.id, member.ruleId), eq(hostRules.appId, member.appId)));
      return;
    case "limit":
      await db.delete(limits).where(and(eq(limits.scope, member.appId), eq(limits.name, member.name)));
      return;
    case "platform-limit":
      await db.delete(limits).where(and(eq(limits.scope, "platform"), eq(limits.name, member.name)));
      return;
    case "receiver":
      await db
        .delete(receivers)
        .where(and(eq(receivers.appId, member.appId), eq(receivers.fromAppId, member.fromAppId)));
      return;
    case "route":
      await db
        .delete(externalRoutes)
        .where(and(eq(externalRoutes.appId, member.appId), eq(externalRoutes.page, member.page)));
      return;
    case "blocked-host":
      await db.delete(blockedHosts).where(eq(blockedHosts.host, member.host));
      return;
    case "min-runtime":
      await db.delete(minRuntimes).where(eq(minRuntimes.kind, member.runtime));
      return;
    case "sign-in-lock":
      await db.update(people).set({ signInLockedAt: null }).where(eq(people.id, member.personId));
      return;
    default:
      invariant(false, `a member of kind ${member.kind} is never removed`);
  }
}
