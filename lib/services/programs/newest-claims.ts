import { type DocumentIssue, documentAt, newestDocument, type StoredDocument } from "@/db/newest-document";
import type { Database } from "@/db/store";
import type { Position } from "@/native/core/documents/position";
import type { PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";

export type IssuedClaims<Claims> = { issue: DocumentIssue; claims: Claims };

/**
 * The claims of a document that this store signed itself: the middle part of its compact JWS. Nothing that came from
 * outside is ever read so.
 */
function ownClaims<Claims>(document: StoredDocument | null): IssuedClaims<Claims> | null {
  if (document === null) return null;
  const { jws, ...issue } = document;
  // Safe: built and signed by this service from the same shapes.
  return { issue, claims: JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims };
}

/** What devices enforce for a program once they are up to date; null before its first publish. */
export async function newestProgramClaims(db: Database, appId: string): Promise<IssuedClaims<ProgramClaims> | null> {
  return ownClaims(await newestDocument(db, "program", appId));
}

export async function newestPlatformClaims(db: Database): Promise<IssuedClaims<PlatformClaims> | null> {
  return ownClaims(await newestDocument(db, "platform", ""));
}

/** A program's document of one position, for explaining a denial by the very rule that decided it. */
export async function programClaimsAt(
  db: Database,
  appId: string,
  position: Position,
): Promise<IssuedClaims<ProgramClaims> | null> {
  return ownClaims(await documentAt(db, "program", appId, position));
}

export async function platformClaimsAt(db: Database, position: Position): Promise<IssuedClaims<PlatformClaims> | null> {
  return ownClaims(await documentAt(db, "platform", "", position));
}
