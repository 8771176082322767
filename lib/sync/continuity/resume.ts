import { type Continuity, provenPosition } from "@/db/continuity";
import { newestPosition, newestPositions } from "@/db/newest-document";
import { continuity, programs } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { type Position, positionOf } from "@/native/core/documents/position";
import type { SyncContext } from "../context";

/** The position above which documents are signed; there is none where nothing was ever lost. */
export const floorOf = (row: Continuity | null): Position | null =>
  row === null ? null : positionOf({ epoch: row.floorEpoch, revision: row.floorRevision });

/**
 * Sets the floor above everything that may be out there in this epoch: the newest documents of ours, what devices proved,
 * and the lift of a restore. One floor for all documents: a program's revision never was above the platform's. It stays
 * for the epoch, so that a program that is registered anew begins above it too. The caller holds the platform's lock and
 * signs every document. Audited as `continuity.resume`.
 */
export async function raiseFloor(
  tx: Transaction,
  ctx: SyncContext,
  resumed: { row: Continuity; epoch: number; appIds: readonly string[]; actor: Actor; changeSetId: string | null },
): Promise<Position> {
  const { row, epoch, actor } = resumed;
  const known = [
    provenPosition(row),
    floorOf(row),
    await newestPosition(tx.db, "platform", ""),
    ...(await newestPositions(tx.db, resumed.appIds)).values(),
  ];
  const highest = known.reduce((max, at) => (at?.epoch === epoch ? Math.max(max, at.revision) : max), 0);
  const floor = { epoch, revision: Math.min(highest + row.revisionLift, Number.MAX_SAFE_INTEGER) };
  await appendAudit(tx, ctx, {
    actor,
    action: "continuity.resume",
    subject: "documents",
    changeSetId: resumed.changeSetId,
    before: { highest: { epoch, revision: highest }, revisionLift: row.revisionLift },
    after: { floor, programs: resumed.appIds.length },
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
export async function allPrograms(tx: Transaction): Promise<string[]> {
  const rows = await tx.db.select({ appId: programs.appId }).from(programs);
  return rows.map(({ appId }) => appId);
}
