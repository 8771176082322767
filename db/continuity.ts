import { eq, sql } from "drizzle-orm";
import { type Position, positionOf } from "@/native/core/documents/position";
import { continuity } from "./schema";
import type { Database } from "./store";

/**
 * How far above the newest known revision documents are signed after a restore (spec 7.8): more than a platform
 * publishes between two backups.
 */
export const REVISION_LIFT = 1_000_000;

export type Continuity = typeof continuity.$inferSelect;
/** The numbers of it that say which documents may be handed out. */
export type ContinuityMarks = Pick<
  Continuity,
  "revisionLift" | "provenEpoch" | "provenRevision" | "floorEpoch" | "floorRevision"
>;

/** The one row; null while this store was never restored and no device proved a document that it does not have. */
export async function readContinuity(db: Database): Promise<Continuity | null> {
  const [row] = await db.select().from(continuity).where(eq(continuity.id, 1));
  return row ?? null;
}

/** The position that a device proved to hold. */
export const provenPosition = (row: Pick<Continuity, "provenEpoch" | "provenRevision">): Position =>
  positionOf({ epoch: row.provenEpoch, revision: row.provenRevision });

/**
 * Says of a store that it was just made from a backup: until all documents are signed again, above whatever was signed
 * after that backup, none is handed out. A lift that was still to come when the backup was taken is added to: it may have
 * been used since.
 */
export async function markRestored(db: Database, restored: { restoredAt: Date; backupAt: Date }): Promise<void> {
  const row = { ...restored, revisionLift: REVISION_LIFT, resumedAt: null, resumedBy: null };
  await db
    .insert(continuity)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({
      target: continuity.id,
      set: { ...row, revisionLift: sql`${continuity.revisionLift} + ${REVISION_LIFT}` },
    });
}
