import { and, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { type Position, positionOf } from "@/native/core/documents/position";
import { documents } from "./schema";
import type { Database } from "./store";

/**
 * The one place that says which document is the newest: by epoch and revision as a pair (spec §4), and always by kind and
 * app id, so that the index `documents_newest` answers (`scripts/house/check-newest-document.ts`). `appId` is empty for
 * the platform's.
 */

export type StoredDocument = typeof documents.$inferSelect;
export type DocumentKind = StoredDocument["kind"];
/** All that is known of a document but its signed bytes, which may be a megabyte. */
export type DocumentIssue = Omit<StoredDocument, "jws">;

const { id, kind, appId, epoch, revision, sha256, issuedAtSeconds, expiresAtSeconds, changeSetId, createdAt } =
  documents;
const ISSUE = { id, kind, appId, epoch, revision, sha256, issuedAtSeconds, expiresAtSeconds, changeSetId, createdAt };
const NEWEST_FIRST = [desc(epoch), desc(revision)] as const;

const named = (ofKind: DocumentKind, ofApp: string): SQL | undefined => and(eq(kind, ofKind), eq(appId, ofApp));
const standing = ({ epoch: e, revision: r }: Position): SQL | undefined => and(eq(epoch, e), eq(revision, r));

/** The newest document without its bytes; null where there is none. */
export async function newestIssue(db: Database, ofKind: DocumentKind, ofApp: string): Promise<DocumentIssue | null> {
  const newest = db.select(ISSUE).from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** The newest document with the bytes that were signed; null where there is none. */
export async function newestDocument(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
): Promise<StoredDocument | null> {
  const newest = db.select().from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** Where the newest document stands; null where there is none. */
export async function newestPosition(db: Database, ofKind: DocumentKind, ofApp: string): Promise<Position | null> {
  const newest = db.select({ epoch, revision }).from(documents).where(named(ofKind, ofApp));
  const [row] = await newest.orderBy(...NEWEST_FIRST).limit(1);
  return row ?? null;
}

/** Where the newest documents of these programs stand, by app id; those without one are left out. */
export async function newestPositions(db: Database, appIds: readonly string[]): Promise<Map<string, Position>> {
  if (appIds.length === 0) return new Map();
  const rows = await db
    .selectDistinctOn([appId], { appId, epoch, revision })
    .from(documents)
    .where(and(eq(kind, "program"), inArray(appId, [...appIds])))
    .orderBy(appId, ...NEWEST_FIRST);
  return new Map(rows.map((row) => [row.appId, positionOf(row)]));
}

/** Every program's newest document, with its JWS header in place of its bytes. */
export async function newestProgramIssues(db: Database): Promise<(DocumentIssue & { header: string })[]> {
  return await db
    .selectDistinctOn([appId], { ...ISSUE, header: sql<string>`split_part(${documents.jws}, '.', 1)` })
    .from(documents)
    .where(eq(kind, "program"))
    .orderBy(appId, ...NEWEST_FIRST);
}

/** The document that was signed with exactly this position, with its bytes; null where there is none. */
export async function documentAt(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  position: Position,
): Promise<StoredDocument | null> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(named(ofKind, ofApp), standing(position)));
  return row ?? null;
}

/** The same without its bytes. */
export async function issueAt(
  db: Database,
  ofKind: DocumentKind,
  ofApp: string,
  position: Position,
): Promise<DocumentIssue | null> {
  const [row] = await db
    .select(ISSUE)
    .from(documents)
    .where(and(named(ofKind, ofApp), standing(position)));
  return row ?? null;
}
