import { and, asc, eq, inArray } from "drizzle-orm";
import { changeSets, changes } from "@/db/schema";
import type { Database } from "@/db/store";
import { parseMember } from "@/lib/domain/member-keys";
import { parseEntry } from "@/lib/domain/member-values";
import type { Member } from "@/lib/domain/members";
import type { Edit } from "@/lib/domain/policy-state";
import { AppError, invariant } from "@/lib/platform/errors";
import { isIdOf } from "@/lib/platform/ids";
import type { Position } from "@/native/core/documents/position";

export type ChangeSetRow = typeof changeSets.$inferSelect;
export type ChangeRow = typeof changes.$inferSelect;
export type LoadedSet = { row: ChangeSetRow; changes: ChangeRow[] };

/** Change sets with their changes, in the order of the rows given. */
export async function withChanges(db: Database, rows: ChangeSetRow[]): Promise<LoadedSet[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const all = await db
    .select()
    .from(changes)
    .where(inArray(changes.changeSetId, ids))
    .orderBy(asc(changes.changeSetId), asc(changes.position));
  return rows.map((row) => ({ row, changes: all.filter((change) => change.changeSetId === row.id) }));
}

/** Raises `not_found`. */
export async function loadChangeSet(db: Database, id: string): Promise<LoadedSet> {
  const [[row], own] = await Promise.all([
    db.select().from(changeSets).where(eq(changeSets.id, id)),
    db.select().from(changes).where(eq(changes.changeSetId, id)).orderBy(asc(changes.position)),
  ]);
  if (row === undefined) throw new AppError("not_found", "There is no such change set.");
  return { row, changes: own };
}

/** Whether it lists a submitted version: then a publisher owns it, and submissions' verbs decide on it. */
export function isListing(row: Pick<ChangeSetRow, "ownerId">): boolean {
  return isIdOf("publisher", row.ownerId);
}

/** A person's one draft. */
export async function findDraft(db: Database, ownerId: string): Promise<LoadedSet | undefined> {
  const rows = await db
    .select()
    .from(changeSets)
    .where(and(eq(changeSets.ownerId, ownerId), eq(changeSets.state, "draft")));
  return (await withChanges(db, rows))[0];
}

/** The member of a stored change. Stored keys were parsed before they were written. */
export function memberOf(change: ChangeRow): Member {
  const member = parseMember(change.member);
  invariant(member !== null, `the stored member ${change.member} cannot be read`);
  return member;
}

/** A stored value as an edit of its member; null removes. */
export function toEdit(member: Member, value: unknown): Edit {
  if (value === null || value === undefined) return { member, entry: null };
  const parsed = parseEntry(member, value);
  invariant(parsed.ok, `a stored value of a ${member.kind} cannot be read`);
  return { member, entry: parsed.entry };
}

export function editsOf(set: LoadedSet): Edit[] {
  return set.changes.map((change) => toEdit(memberOf(change), change.after));
}

/** Changes as they stand in a set once they are written. */
export function placed(changeSetId: string, rows: readonly Omit<ChangeRow, "changeSetId" | "position">[]): ChangeRow[] {
  return rows.map((row, position) => ({ ...row, changeSetId, position }));
}

/** Replaces the changes of a set. */
export async function saveChanges(
  db: Database,
  changeSetId: string,
  rows: Omit<ChangeRow, "changeSetId" | "position">[],
): Promise<void> {
  await db.delete(changes).where(eq(changes.changeSetId, changeSetId));
  await addChanges(db, changeSetId, rows);
}

/** Writes the changes of a set that has none. */
export async function addChanges(
  db: Database,
  changeSetId: string,
  rows: Omit<ChangeRow, "changeSetId" | "position">[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.insert(changes).values(placed(changeSetId, rows));
}

/** The platform document that carried a set to devices; null for one that no document carries. */
export function publishedPosition(row: typeof changeSets.$inferSelect): Position | null {
  const { platformEpoch: epoch, platformRevision: revision } = row;
  return epoch === null || revision === null ? null : { epoch, revision };
}
