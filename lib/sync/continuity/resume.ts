import { type Continuity, type ContinuityMarks, provenPosition } from "@/db/continuity";
import { newestPosition, newestPositions } from "@/db/newest-document";
import { continuity, programs } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { isNewerPosition, type Position, positionOf } from "@/native/core/documents/position";
import type { SyncContext } from "../context";

/** The position above which documents are signed; there is none where nothing was ever lost. */
export const floorOf = (row: Continuity | null): Position | null =>
  row === null ? null : positionOf({ epoch: row.floorEpoch, revision: row.floorRevision });

/** Whether a document was signed before the loss: it is not handed out, and due for signing. */
export const isBelowFloor = (document: Position, row: ContinuityMarks | null): boolean =>
  row !== null && !isNewerPosition(document, positionOf({ epoch: row.floorEpoch, revision: row.floorRevision }));

/**
 * Sets the floor above everything that may be out there in this epoch: the newest documents of ours, what devices proved,
 * and the lift of a restore. One floor for all documents: a program's revision never was above the platform's. It stays
 * for the epoch, so that a program that is registered anew begins above it too, and what still stands at or below it is
 * due. The caller holds the platform's lock and signs the platform document. Audited as `continuity.resume`.
 */
export async function raiseFloor(
  tx: Transaction,
  ctx: SyncContext,
  resumed: { row: Continuity; epoch: number; actor: Actor; changeSetId: string | null },
): Promise<Position> {
  const { row, epoch, actor } = resumed;
  const appIds = await allPrograms(tx.db);
  const known = [
    provenPosition(row),
    floorOf(row),
    await newestPosition(tx.db, "platform", ""),
    ...(await newestPositions(tx.db, appIds)).values(),
  ];
  const highest = known.reduce((max, at) => (at?.epoch === epoch ? Math.max(max, at.revision) : max), 0);
  const floor = { epoch, revision: Math.min(highest + row.revisionLift, Number.MAX_SAFE_INTEGER) };
  await appendAudit(tx, ctx, {
    actor,
    action: "continuity.resume",
    subject: "documents",
    changeSetId: resumed.changeSetId,
    before: { highest: { epoch, revision: highest }, revisionLift: row.revisionLift },
    after: { floor, programs: appIds.length },
  });
  await tx.db.update(continuity).set({
    revisionLift: 0,
    floorEpoch: floor.epoch,
    floorRevision: floor.revision,
    resumedAt: new Date(ctx.clock.nowMs()),
    resumedBy: actor.kind === "person" ? actor.personId : null,
  });
  return floor;
}

/** Every registered program: after a loss all documents are signed, since any of them may be held in a newer form. */
export async function allPrograms(db: Database): Promise<string[]> {
  const rows = await db.select({ appId: programs.appId }).from(programs);
  return rows.map(({ appId }) => appId);
}
