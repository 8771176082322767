import { and, eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { newestDocument } from "@/db/newest-document";
import {
  type MemberRow,
  type MembersRead,
  readMemberRows,
  readPlatformMembers,
  type Unread,
  unreadable,
} from "@/db/published-members";
import { rowsOf } from "@/db/rows";
import { programs, publishedMembers, publisherKeys, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { kindOf } from "@/lib/domain/kinds";
import { parseEntry } from "@/lib/domain/member-values";
import type { Entry } from "@/lib/domain/members";
import type { PlatformClaims } from "@/native/core/shapes/claims";
import { ownPayload } from "./own-jws";

/** A program with all that its document is built from, as one statement reads it. */
type ProgramRows = Pick<typeof programs.$inferSelect, "appId" | "publisherId" | "name" | "status"> & {
  keys: Pick<typeof publisherKeys.$inferSelect, "kid" | "jwk" | "status">[];
  versions: Pick<typeof versions.$inferSelect, "code" | "name" | "sha256" | "sizeBytes" | "kid" | "declares">[];
  members: MemberRow[];
};

/** Who publishes a program and whether it may run. */
function registrationOf({ appId, publisherId, name, status, keys }: ProgramRows): Entry[] {
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

function versionEntries({ appId, versions: listed }: ProgramRows): Entry[] {
  return listed.map(({ code, name, sha256, sizeBytes: size, kid, declares }) => ({
    kind: "version",
    member: { kind: "version", appId, code },
    value: { code, name, sha256, size, kid, declares },
  }));
}

/** Columns of one row as an object of JSON. */
const asObject = (columns: Record<string, PgColumn>) =>
  sql`jsonb_build_object(${sql.join(
    Object.entries(columns).map(([name, column]) => sql`${sql.raw(`'${name}'`)}, ${column}`),
    sql`, `,
  )})`;

/** All such rows of a table in one value; an empty list where there is none. */
const listOf = (columns: Record<string, PgColumn>, table: PgTable, which: SQL | undefined) =>
  sql`(select coalesce(jsonb_agg(${asObject(columns)}), '[]') from ${table} where ${which})`;

const KEY = { kid: publisherKeys.kid, jwk: publisherKeys.jwk, status: publisherKeys.status };
const VERSION = {
  ...{ code: versions.code, name: versions.name, sha256: versions.sha256 },
  ...{ sizeBytes: versions.sizeBytes, kid: versions.kid, declares: versions.declares },
};
const { member, kind, value } = publishedMembers;
const MEMBER = { member, kind, appId: publishedMembers.appId, value };

/**
 * The published members that each of these programs' documents is built from, with its publisher's keys, by app id;
 * without those that are not registered. One query however many they are. Inside a transaction pass `tx.db`.
 */
export async function readEntriesOf(db: Database, appIds: readonly string[]): Promise<Map<string, MembersRead>> {
  if (appIds.length === 0) return new Map();
  const isListed = and(eq(versions.appId, programs.appId), eq(versions.state, "listed"));
  const rows = await rowsOf<ProgramRows>(
    db,
    sql`select ${programs.appId} as "appId", ${programs.publisherId} as "publisherId", ${programs.name}, ${programs.status},
        ${listOf(KEY, publisherKeys, eq(publisherKeys.publisherId, programs.publisherId))} as keys,
        ${listOf(VERSION, versions, isListed)} as versions,
        ${listOf(MEMBER, publishedMembers, eq(publishedMembers.appId, programs.appId))} as members
      from ${programs}
      where ${programs.appId} in (select jsonb_array_elements_text(${JSON.stringify(appIds)}::text::jsonb))`,
  );
  return new Map(
    rows.map((program) => {
      const { entries, unread } = readMemberRows(program.members);
      return [program.appId, { entries: [...registrationOf(program), ...versionEntries(program), ...entries], unread }];
    }),
  );
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
