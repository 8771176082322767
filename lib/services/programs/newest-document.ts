import { and, desc, eq } from "drizzle-orm";
import { documents } from "@/db/schema";
import type { Database } from "@/db/store";
import type { PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";

export type StoredDocument<Claims> = { row: typeof documents.$inferSelect; claims: Claims };

/**
 * The claims of a document that this store signed itself: the middle part of its compact JWS. Nothing that came from
 * outside is ever read so.
 */
function ownClaims<Claims>(row: typeof documents.$inferSelect): StoredDocument<Claims> {
  const payload = row.jws.split(".")[1] ?? "";
  // Safe: built and signed by this service from the same shapes.
  return { row, claims: JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Claims };
}

/** What devices enforce for a program once they are up to date; undefined before its first publish. */
export async function newestProgramDocument(
  db: Database,
  appId: string,
): Promise<StoredDocument<ProgramClaims> | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(eq(documents.kind, "program"), eq(documents.appId, appId)))
    .orderBy(desc(documents.epoch), desc(documents.revision))
    .limit(1);
  return row === undefined ? undefined : ownClaims<ProgramClaims>(row);
}

export async function newestPlatformClaims(db: Database): Promise<StoredDocument<PlatformClaims> | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(eq(documents.kind, "platform"))
    .orderBy(desc(documents.epoch), desc(documents.revision))
    .limit(1);
  return row === undefined ? undefined : ownClaims<PlatformClaims>(row);
}

/** A program's document of one revision, for explaining a denial by the very rule that decided it. */
export async function programDocumentAt(
  db: Database,
  appId: string,
  epoch: number,
  revision: number,
): Promise<StoredDocument<ProgramClaims> | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(
      and(
        eq(documents.kind, "program"),
        eq(documents.appId, appId),
        eq(documents.epoch, epoch),
        eq(documents.revision, revision),
      ),
    )
    .limit(1);
  return row === undefined ? undefined : ownClaims<ProgramClaims>(row);
}

export async function platformDocumentAt(
  db: Database,
  epoch: number,
  revision: number,
): Promise<StoredDocument<PlatformClaims> | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(eq(documents.kind, "platform"), eq(documents.epoch, epoch), eq(documents.revision, revision)))
    .limit(1);
  return row === undefined ? undefined : ownClaims<PlatformClaims>(row);
}
