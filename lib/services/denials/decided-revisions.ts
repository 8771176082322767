import { inArray } from "drizzle-orm";
import { type DocumentIssue, type DocumentKind, decidedIssues } from "@/db/newest-document";
import { changeSets } from "@/db/schema";
import type { Database } from "@/db/store";
import { type Position, positionOf } from "@/native/core/documents/position";

/** A revision that a decision made. */
export type DecidedRevision = {
  document: DocumentKind;
  position: Position;
  at: Date;
  changeSetId: string | null;
  changeSetNumber: number | null;
};

/** Revisions that are looked at: with what is before them nothing is compared. */
const REVISIONS_MAX = 12;

/** The newest revisions of a program's document, or of the platform's, that decisions made, the newest first, 12 at most. */
export async function decidedRevisions(
  db: Database,
  document: DocumentKind,
  appId: string,
): Promise<DecidedRevision[]> {
  const issues = await decidedIssues(db, document, document === "program" ? appId : "", REVISIONS_MAX);
  const numbers = await numbersOf(db, issues);
  return issues.map((issue) => ({
    ...{ document, position: positionOf(issue), at: issue.createdAt, changeSetId: issue.changeSetId },
    changeSetNumber: numbers.get(issue.changeSetId ?? "") ?? null,
  }));
}

/** The numbers of the change sets that made them, by id. */
export async function numbersOf(
  db: Database,
  issues: readonly Pick<DocumentIssue, "changeSetId">[],
): Promise<Map<string, number>> {
  const ids = issues.flatMap(({ changeSetId }) => (changeSetId === null ? [] : [changeSetId]));
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: changeSets.id, number: changeSets.number })
    .from(changeSets)
    .where(inArray(changeSets.id, ids));
  return new Map(rows.map(({ id, number }) => [id, number]));
}
