import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { kindOf } from "@/lib/domain/kinds";
import { formatMember, parseMember } from "@/lib/domain/member-keys";
import { parseEntry } from "@/lib/domain/member-values";
import { appIdOf, type Entry, type EntryOf, type Member, type MemberKind, type RowKind } from "@/lib/domain/members";
import { AppError } from "@/lib/platform/errors";
import { publishedMembers } from "./schema";
import type { Database } from "./store";

/** Kinds whose published values lie in the one table of members. */
export type TableKind = Exclude<MemberKind, RowKind>;

export function isInTable<Of extends { kind: MemberKind }>(of: Of): of is Extract<Of, { kind: TableKind }> {
  return kindOf(of.kind).home === "member";
}

export type MemberFacts = {
  at: Date;
  /** The decision behind it; null at the first start. */
  changeSetId: string | null;
};

/** Writes members of the table, each in place of what stood under its key. */
export async function writeMembers(
  db: Database,
  entries: readonly EntryOf<TableKind>[],
  { at, changeSetId }: MemberFacts,
): Promise<void> {
  const rows = entries.map(({ kind, member, value }) => {
    return { member: formatMember(member), kind, appId: appIdOf(member), value, changeSetId, updatedAt: at };
  });
  await db
    .insert(publishedMembers)
    .values(rows)
    .onConflictDoUpdate({
      target: publishedMembers.member,
      set: {
        value: sql`excluded.value`,
        changeSetId: sql`excluded.change_set_id`,
        updatedAt: sql`excluded.updated_at`,
      },
    });
}

export async function removeMember(db: Database, member: Member): Promise<void> {
  await db.delete(publishedMembers).where(eq(publishedMembers.member, formatMember(member)));
}

/** A member that is published and cannot be read. `member` is null where its key is none. */
export type Unread = { key: string; member: Member | null; why: string };

/** What is published, and what of it cannot be read: it is never left out, and who needs all of it asks `requireRead`. */
export type MembersRead = { entries: Entry[]; unread: Unread[] };

/** The members of the table of each of these programs, by app id; all of them are there. */
export async function readMembersOf(db: Database, appIds: readonly string[]): Promise<Map<string, MembersRead>> {
  const found = new Map(appIds.map((appId): [string, MembersRead] => [appId, { entries: [], unread: [] }]));
  if (appIds.length === 0) return found;
  for (const row of await db
    .select()
    .from(publishedMembers)
    .where(inArray(publishedMembers.appId, [...appIds]))) {
    const own = found.get(row.appId ?? "");
    if (own !== undefined) take(own, row);
  }
  return found;
}

/** The platform's own. */
export async function readPlatformMembers(db: Database): Promise<MembersRead> {
  return read(db, isNull(publishedMembers.appId));
}

/** The platform's members of one kind. Raises `unavailable` where one cannot be read. */
export async function readPlatformMembersOf<K extends TableKind>(db: Database, kind: K): Promise<EntryOf<K>[]> {
  const found = await read(db, and(isNull(publishedMembers.appId), eq(publishedMembers.kind, kind)));
  return requireRead(found).filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

/** All of it. Raises `unavailable`, by name, where something cannot be read. */
export function requireRead({ entries, unread: [first] }: MembersRead): Entry[] {
  if (first !== undefined) throw unreadable(first);
  return entries;
}

async function read(db: Database, which: SQL | undefined): Promise<MembersRead> {
  return readMemberRows(await db.select().from(publishedMembers).where(which));
}

/** A row of the table as far as it says what is published. */
export type MemberRow = Pick<typeof publishedMembers.$inferSelect, "member" | "kind" | "appId" | "value">;

/** What rows of the table say that were read with others. */
export function readMemberRows(rows: readonly MemberRow[]): MembersRead {
  const found: MembersRead = { entries: [], unread: [] };
  for (const row of rows) take(found, row);
  return found;
}

function take(found: MembersRead, row: MemberRow): void {
  const read = readRow(row);
  if ("why" in read) found.unread.push(read);
  else found.entries.push(read);
}

/** A value is read by its kind's shape, and a row whose key, kind and program do not belong together is none of ours. */
function readRow({ member: key, kind, appId, value }: MemberRow): Entry | Unread {
  const member = parseMember(key);
  if (member === null || member.kind !== kind || appIdOf(member) !== appId || !isInTable(member)) {
    return { key, member: null, why: "its key, kind and program do not belong together" };
  }
  const parsed = parseEntry(member, value);
  if (parsed.ok) return parsed.entry;
  const said = parsed.issues.map(({ path, code }) => `${path} ${code}`.trim()).join(", ");
  return { key, member, why: `its value is none of its kind's (${said})` };
}

export function unreadable({ key, why }: Unread): AppError {
  return new AppError(
    "unavailable",
    `What is published as ${key} cannot be read: ${why}. Nothing was changed, and devices go on with the documents that they have; what narrows other members can still be published.\nCompare the store with its journal: npm run store -- check — or restore a backup.`,
    { details: [{ path: key, code: "MEMBER_UNREADABLE", message: why }] },
  );
}
