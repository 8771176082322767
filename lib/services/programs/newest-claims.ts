import {
  type DocumentIssue,
  documentAt,
  newestDocument,
  newestDocuments,
  type StoredDocument,
} from "@/db/newest-document";
import type { Database } from "@/db/store";
import type { Position } from "@/native/core/documents/position";
import type { PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";

export type IssuedClaims<Claims> = { issue: DocumentIssue; claims: Claims };

/**
 * The claims of a document that this store signed itself: the middle part of its compact JWS. Nothing that came from
 * outside is ever read so.
 */
function ownClaims<Claims>({ jws, ...issue }: StoredDocument): IssuedClaims<Claims> {
  // Safe: built and signed by this service from the same shapes.
  return { issue, claims: JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims };
}

const orNull = <Claims>(document: StoredDocument | null) => (document === null ? null : ownClaims<Claims>(document));

/** What devices enforce for these programs once they are up to date, by app id; those without a document are left out. */
export async function newestClaimsOf(
  db: Database,
  appIds: readonly string[],
): Promise<ReadonlyMap<string, IssuedClaims<ProgramClaims>>> {
  const documents = await newestDocuments(db, appIds);
  return new Map([...documents].map(([appId, document]) => [appId, ownClaims<ProgramClaims>(document)]));
}

/** What devices enforce for a program once they are up to date; null before its first publish. */
export async function newestProgramClaims(db: Database, appId: string): Promise<IssuedClaims<ProgramClaims> | null> {
  return orNull(await newestDocument(db, "program", appId));
}

export async function newestPlatformClaims(db: Database): Promise<IssuedClaims<PlatformClaims> | null> {
  return orNull(await newestDocument(db, "platform", ""));
}

/** A program's document of one position, for explaining a denial by the very rule that decided it. */
export async function programClaimsAt(
  db: Database,
  appId: string,
  position: Position,
): Promise<IssuedClaims<ProgramClaims> | null> {
  return orNull(await documentAt(db, "program", appId, position));
}

export async function platformClaimsAt(db: Database, position: Position): Promise<IssuedClaims<PlatformClaims> | null> {
  return orNull(await documentAt(db, "platform", "", position));
}
