import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
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

/** A program's members of the table. Raises `unavailable` where one cannot be read. */
export async function readProgramMembers(db: Database, appId: string): Promise<Entry[]> {
  return read(db, eq(publishedMembers.appId, appId));
}

/** The platform's own. Raises `unavailable` where one cannot be read. */
export async function readPlatformMembers(db: Database): Promise<Entry[]> {
  return read(db, isNull(publishedMembers.appId));
}

/** The platform's members of one kind. Raises `unavailable` where one cannot be read. */
export async function readPlatformMembersOf<K extends TableKind>(db: Database, kind: K): Promise<EntryOf<K>[]> {
  const entries = await read(db, and(isNull(publishedMembers.appId), eq(publishedMembers.kind, kind)));
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

async function read(db: Database, which: SQL | undefined): Promise<Entry[]> {
  return (await db.select().from(publishedMembers).where(which)).map(readRow);
}

/**
 * A value is read by its kind's shape, and a row whose key, kind and program do not belong together is none of ours.
 * What cannot be read is never left out: without a host rule a wildcard may hold, without a limit a greater one.
 */
function readRow({ member: key, kind, appId, value }: typeof publishedMembers.$inferSelect): Entry {
  const member = parseMember(key);
  if (member === null || member.kind !== kind || appIdOf(member) !== appId || !isInTable(member)) {
    throw unreadable(key, "KEY", "its key, kind and program do not belong together");
  }
  const parsed = parseEntry(member, value);
  if (parsed.ok) return parsed.entry;
  const said = parsed.issues.map(({ path, code }) => `${path} ${code}`.trim()).join(", ");
  throw unreadable(key, "VALUE", `its value is none of its kind's (${said})`);
}

function unreadable(key: string, code: string, why: string): AppError {
  return new AppError(
    "unavailable",
    `What is published as ${key} cannot be read: ${why}. Nothing was changed, and devices go on with the documents that they have.\nCompare the store with its journal: npm run store -- check — or restore a backup.`,
    { details: [{ path: `/${key}`, code, message: why }] },
  );
}
