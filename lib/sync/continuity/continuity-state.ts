import { and, count, eq, gt } from "drizzle-orm";
import { type ContinuityMarks, provenPosition, readContinuity } from "@/db/continuity";
import { newestPosition } from "@/db/newest-document";
import { heldDocuments, heldNarrowings } from "@/db/schema";
import type { Database } from "@/db/store";
import { isNewerPosition, NO_POSITION, type Position } from "@/native/core/documents/position";

/**
 * The highest revision that a handed-back document proves. No platform publishes this often: a genuine one above it is a
 * stolen key's, and signing above that would use up the revisions of the epoch, so that nothing could be stopped.
 */
export const PROVEN_REVISION_MAX = Number.MAX_SAFE_INTEGER - 2 ** 40;

/** Whether devices may hold documents that this store does not know of, and what is known of them (spec 7.8). */
export type ContinuityState = {
  /** No platform or program document is handed out until one more is published; a program's not before its own is signed again. */
  isBehind: boolean;
  /** Since when; null where it is not. */
  since: Date | null;
  /** Where the newest platform document of this store stands. */
  newest: Position | null;
  restoredAt: Date | null;
  backupAt: Date | null;
  /** Added to the next revisions; 0 once documents were signed after a restore. */
  revisionLift: number;
  /** The highest position that a device proved and this store never signed. */
  proven: Position | null;
  provenAt: Date | null;
  resumedAt: Date | null;
  resumedBy: string | null;
  /** How many programs and hosts are stopped only because a device's document said so; a person has yet to look. */
  unknownNarrowings: number;
  /** How many devices hold a document of this epoch that is above what may be proven. */
  fastForwarded: number;
};

/**
 * Behind: a restore has not been followed by a publish yet, or a device proved a document that is not below our newest
 * one. Of one at the very same position, too, since that one carries another decision than ours.
 */
export function isBehindOf(row: ContinuityMarks, newest: Position | null): boolean {
  if (row.revisionLift > 0) return true;
  return row.provenRevision > 0 && !isNewerPosition(newest ?? NO_POSITION, provenPosition(row));
}

/** Whether the documents of this store have to wait for a person, or for any publish. */
export async function isBehind(db: Database): Promise<boolean> {
  const row = await readContinuity(db);
  return row !== null && isBehindOf(row, await newestPosition(db, "platform", ""));
}

/** All of it, for readiness and for people. */
export async function continuityState(db: Database): Promise<ContinuityState> {
  const row = await readContinuity(db);
  const newest = await newestPosition(db, "platform", "");
  const behind = row !== null && isBehindOf(row, newest);
  const [unknown] = await db
    .select({ count: count() })
    .from(heldNarrowings)
    .where(eq(heldNarrowings.verdict, "unknown"));
  const [beyond] = await db
    .select({ count: count() })
    .from(heldDocuments)
    .where(and(eq(heldDocuments.epoch, newest?.epoch ?? 0), gt(heldDocuments.revision, PROVEN_REVISION_MAX)));
  return {
    isBehind: behind,
    since: behind ? (row.revisionLift > 0 ? row.restoredAt : row.provenAt) : null,
    newest,
    restoredAt: row?.restoredAt ?? null,
    backupAt: row?.backupAt ?? null,
    revisionLift: row?.revisionLift ?? 0,
    proven: row === null || row.provenRevision === 0 ? null : provenPosition(row),
    provenAt: row?.provenAt ?? null,
    resumedAt: row?.resumedAt ?? null,
    resumedBy: row?.resumedBy ?? null,
    unknownNarrowings: unknown?.count ?? 0,
    fastForwarded: beyond?.count ?? 0,
  };
}

/** What is wrong and what to do, in words; null where nothing waits. */
export function continuityFault(state: ContinuityState): { says: string; remedy: string } | null {
  if (!state.isBehind) return null;
  const cause =
    state.revisionLift > 0
      ? `This store was restored from a backup of ${state.backupAt === null ? "an unknown time" : minuteOf(state.backupAt)}.`
      : `A device holds revision ${state.proven?.revision} of the platform document, which this store never signed: the database is older than what was published.`;
  return {
    says: `${cause} Documents are not handed out until all are signed again; devices keep what they have.`,
    remedy:
      "Look at what devices handed back and sign all again, in the console under Readiness; any publish does it as well. Suspensions go out at once.",
  };
}

/** "2026-11-17 11:20 UTC". */
const minuteOf = (at: Date): string => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
