import { and, eq } from "drizzle-orm";
import { newestDocument } from "@/db/newest-document";
import {
  type MembersRead,
  readPlatformMembers,
  readProgramMembers,
  type Unread,
  unreadable,
} from "@/db/published-members";
import { programs, publisherKeys, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { kindOf } from "@/lib/domain/kinds";
import { parseEntry } from "@/lib/domain/member-values";
import type { Entry } from "@/lib/domain/members";
import type { PlatformClaims } from "@/native/core/shapes/claims";
import { ownPayload } from "./own-jws";

/** Who publishes a program and whether it may run; empty where no such program is registered. */
async function readRegistration(db: Database, appId: string): Promise<Entry[]> {
  const [program] = await db.select().from(programs).where(eq(programs.appId, appId));
  if (program === undefined) return [];
  const { publisherId, name, status } = program;
  const keys = await db.select().from(publisherKeys).where(eq(publisherKeys.publisherId, publisherId));
  return [
    { kind: "registration", member: { kind: "registration", appId }, value: { publisherId, name } },
    { kind: "status", member: { kind: "status", appId }, value: status },
    ...keys.map(({ kid, jwk, status: keyStatus }): Entry => {
      return {
        kind: "publisher-key",
        member: { kind: "publisher-key", publisherId, kid },
        value: { jwk, status: keyStatus },
      };
    }),
  ];
}

async function readVersions(db: Database, appId: string): Promise<Entry[]> {
  const rows = await db
    .select()
    .from(versions)
    .where(and(eq(versions.appId, appId), eq(versions.state, "listed")));
  return rows.map(({ code, name, sha256, sizeBytes: size, kid, declares }) => {
    return {
      kind: "version",
      member: { kind: "version", appId, code },
      value: { code, name, sha256, size, kid, declares },
    };
  });
}

/**
 * The published members that one program's document is built from, with its publisher's keys; without any where no such
 * program is registered. Inside a transaction pass `tx.db`.
 */
export async function readProgramEntries(db: Database, appId: string): Promise<MembersRead> {
  const registration = await readRegistration(db, appId);
  if (registration.length === 0) return { entries: [], unread: [] };
  const { entries, unread } = await readProgramMembers(db, appId);
  return { entries: [...registration, ...(await readVersions(db, appId)), ...entries], unread };
}

/**
 * The published members that the platform document is built from, with every program's status. In place of one that
 * cannot be read stands what the newest document of the platform has: that is in force. Raises `unavailable` where it
 * has nothing there.
 */
export async function readPlatformEntries(db: Database): Promise<MembersRead> {
  const { entries, unread } = await readPlatformMembers(db);
  const signed = unread.length === 0 ? [] : await readSigned(db, unread);
  const statuses = await db.select({ appId: programs.appId, status: programs.status }).from(programs);
  return {
    entries: [
      ...entries,
      ...signed,
      ...statuses.map(
        ({ appId, status }): Entry => ({ kind: "status", member: { kind: "status", appId }, value: status }),
      ),
    ],
    unread,
  };
}

async function readSigned(db: Database, unread: readonly Unread[]): Promise<Entry[]> {
  const newest = await newestDocument(db, "platform", "");
  // Safe: signed by this server.
  const claims = newest === null ? null : (ownPayload(newest.jws) as PlatformClaims);
  return unread.map((one) => {
    const { member } = one;
    const document = member === null ? null : kindOf(member.kind).document;
    if (claims === null || member === null || document?.in !== "platform") throw unreadable(one);
    const parsed = parseEntry(member, document.take(claims, member));
    if (!parsed.ok) throw unreadable(one);
    return parsed.entry;
  });
}
