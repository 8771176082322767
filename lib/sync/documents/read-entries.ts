import { and, eq, inArray, sql } from "drizzle-orm";
import { newestDocument } from "@/db/newest-document";
import { type MembersRead, readMembersOf, readPlatformMembers, type Unread, unreadable } from "@/db/published-members";
import { rowsOf } from "@/db/rows";
import { programs, publishedMembers, publisherKeys, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { kindOf } from "@/lib/domain/kinds";
import { parseEntry } from "@/lib/domain/member-values";
import type { Entry } from "@/lib/domain/members";
import type { PlatformClaims } from "@/native/core/shapes/claims";
import { ownPayload } from "./own-jws";

/** Rows by the app id or publisher that they name. */
function groupBy<Row, K extends keyof Row>(rows: readonly Row[], name: K): Map<Row[K], Row[]> {
  const groups = new Map<Row[K], Row[]>();
  for (const row of rows) groups.set(row[name], [...(groups.get(row[name]) ?? []), row]);
  return groups;
}

/** Who publishes a program and whether it may run. */
function registrationOf(program: typeof programs.$inferSelect, keys: (typeof publisherKeys.$inferSelect)[]): Entry[] {
  const { appId, publisherId, name, status } = program;
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

function versionEntry(row: typeof versions.$inferSelect): Entry {
  const { appId, code, name, sha256, sizeBytes: size, kid, declares } = row;
  return {
    kind: "version",
    member: { kind: "version", appId, code },
    value: { code, name, sha256, size, kid, declares },
  };
}

/**
 * The published members that each of these programs' documents is built from, with its publisher's keys, by app id;
 * without those that are not registered. Four queries however many they are. Inside a transaction pass `tx.db`.
 */
export async function readEntriesOf(db: Database, appIds: readonly string[]): Promise<Map<string, MembersRead>> {
  const found = new Map<string, MembersRead>();
  if (appIds.length === 0) return found;
  // Those of the publishers that these programs have as this very statement reads them.
  const publishersOfThese = db
    .select({ publisherId: programs.publisherId })
    .from(programs)
    .where(inArray(programs.appId, [...appIds]));
  const [registered, ownKeys, ownVersions, members] = await Promise.all([
    db
      .select()
      .from(programs)
      .where(inArray(programs.appId, [...appIds])),
    db.select().from(publisherKeys).where(inArray(publisherKeys.publisherId, publishersOfThese)),
    db
      .select()
      .from(versions)
      .where(and(inArray(versions.appId, [...appIds]), eq(versions.state, "listed"))),
    readMembersOf(db, appIds),
  ]);
  const keys = groupBy(ownKeys, "publisherId");
  const listed = groupBy(ownVersions, "appId");
  for (const program of registered) {
    const { entries = [], unread = [] } = members.get(program.appId) ?? {};
    const own = registrationOf(program, keys.get(program.publisherId) ?? []);
    const listedVersions = (listed.get(program.appId) ?? []).map(versionEntry);
    found.set(program.appId, { entries: [...own, ...listedVersions, ...entries], unread });
  }
  return found;
}

/**
 * The versions of all rows that `readEntriesOf` reads for each of these programs, by app id: another text whenever one of
 * them was written, came or went. One small query, and nothing is parsed.
 */
export async function readSourceVersions(db: Database, appIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await rowsOf<{ app: string; version: string }>(
    db,
    sql`select ${programs.appId} as app, concat_ws(' / ', ${programs}.xmin,
        (select string_agg(${publisherKeys}.xmin::text, ' ' order by ${publisherKeys.kid}) from ${publisherKeys}
          where ${publisherKeys.publisherId} = ${programs.publisherId}),
        (select string_agg(${versions}.xmin::text, ' ' order by ${versions.code}) from ${versions}
          where ${versions.appId} = ${programs.appId} and ${versions.state} = 'listed'),
        (select string_agg(${publishedMembers}.xmin::text, ' ' order by ${publishedMembers.member}) from ${publishedMembers}
          where ${publishedMembers.appId} = ${programs.appId})) as version
      from ${programs}
      where ${programs.appId} in (select jsonb_array_elements_text(${JSON.stringify(appIds)}::text::jsonb))`,
  );
  return new Map(rows.map(({ app, version }) => [app, version]));
}

/** What `readEntriesOf` reads of one program; without any members where no such program is registered. */
export async function readProgramEntries(db: Database, appId: string): Promise<MembersRead> {
  return (await readEntriesOf(db, [appId])).get(appId) ?? { entries: [], unread: [] };
}

/**
 * The published members that the platform document is built from, with every program's status. In place of one that
 * cannot be read stands what the newest document of the platform has: that is in force. Raises `unavailable` where it
 * has nothing there.
 */
export async function readPlatformEntries(db: Database): Promise<MembersRead> {
  const [{ entries, unread }, statuses] = await Promise.all([
    readPlatformMembers(db),
    db.select({ appId: programs.appId, status: programs.status }).from(programs),
  ]);
  const signed = unread.length === 0 ? [] : await readSigned(db, unread);
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
