import { asc, inArray } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { devices } from "@/db/schema";
import type { Store } from "@/db/store";
import { updateRows } from "@/db/write-rows";
import { isNewerPosition, NO_POSITION, type Position } from "@/native/core/documents/position";
import type { TelemetryBatch } from "@/native/core/telemetry/batch";
import type { SyncContext } from "../context";
import { type Enforced, updateEnforced } from "./device-state";
import { noteFirstApplied } from "./note-first-applied";
import { readOwnWords } from "./read-evidence";
import type { ReceivedBatch } from "./received-batch";

export type AppliedNotes = {
  /** Resolves once it is noted, or where there is nothing to note. */
  note(deviceId: string, batch: ReceivedBatch): Promise<void>;
};

type Device = typeof devices.$inferSelect;
type Said = { deviceId: string; applied: TelemetryBatch["applied"] };

/** Devices of which it is remembered what was noted; of others it is read. */
const REMEMBERED_MAX = 20_000;

/**
 * Notes and announces what devices say that they enforce, before the rest of their batches: somebody who suspended a program waits
 * for the last device that has applied it, and behind nobody's telemetry. Small transactions of their own, in the lane of
 * decisions, for a platform document that is newer than the last one alone: whatever else a batch says of its device waits
 * its turn with the rest, and a batch that comes once more moves nothing. What comes while one is under way goes into the next
 * one together. The batch itself says it again, so that a process that ends between the two loses nothing.
 */
export function createAppliedNotes(store: Store, { clock }: Pick<SyncContext, "clock">): AppliedNotes {
  const urgent = store.in("decide");
  /** At least so far each device is noted; that only moves forward. */
  const noted = new Map<string, Position>();
  let gathered: Said[] = [];
  let next: Promise<void> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function remember(deviceId: string, position: Position): void {
    noted.delete(deviceId);
    noted.set(deviceId, position);
    for (const oldest of noted.keys()) {
      if (noted.size <= REMEMBERED_MAX) break;
      noted.delete(oldest);
    }
  }

  async function noteAll(said: readonly Said[]): Promise<void> {
    const now = new Date(clock.nowMs());
    const issued = (await newestPosition(urgent.db, "platform", "")) ?? NO_POSITION;
    const isOne = inArray(devices.id, [...new Set(said.map(({ deviceId }) => deviceId))]);
    const known = new Map((await urgent.db.select().from(devices).where(isOne)).map((row) => [row.id, row]));
    for (const row of known.values()) remember(row.id, positionOf(row));
    const ahead = said.filter(
      ({ deviceId, applied }) => enforcedBy(known.get(deviceId), applied, issued, now) !== null,
    );
    if (ahead.length === 0) return;
    await urgent.transaction(async (tx) => {
      const isAhead = inArray(devices.id, [...new Set(ahead.map(({ deviceId }) => deviceId))]);
      const rows = await tx.db.select().from(devices).where(isAhead).orderBy(asc(devices.id)).for("update");
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const { deviceId, applied } of ahead) {
        const device = found.get(deviceId);
        const enforced = enforcedBy(device, applied, issued, now);
        if (device !== undefined && enforced !== null) found.set(deviceId, { ...device, ...enforced, lastSeenAt: now });
      }
      const changed = rows.flatMap((row) => {
        const is = found.get(row.id);
        return is === undefined || is === row ? [] : [{ was: row, is }];
      });
      if (changed.length === 0) return;
      await updateRows(
        tx.db,
        devices,
        changed.map(({ is }) => ({
          ...{ id: is.id, appliedEpoch: is.appliedEpoch, appliedKeyset: is.appliedKeyset, appliedAt: is.appliedAt },
          ...{ appliedPlatform: is.appliedPlatform, appliedPrograms: is.appliedPrograms, lastSeenAt: is.lastSeenAt },
        })),
      );
      await noteFirstApplied(tx.db, changed, now);
      for (const { was, is } of changed) {
        if (was.appliedAt !== is.appliedAt) tx.announce({ topic: "devices", deviceId: was.id, revoked: false });
      }
    });
    for (const { deviceId, applied } of ahead) remember(deviceId, positionTold(applied));
  }

  return {
    async note(deviceId, batch) {
      const told = positionTold(batch.applied);
      const known = noted.get(deviceId);
      if (told.revision === 0 || (known !== undefined && !isNewerPosition(told, known))) return;
      // What is malformed is told with the rest of the batch.
      const { appliedPrograms: programs } = readOwnWords(batch, () => undefined);
      gathered.push({ deviceId, applied: { ...batch.applied, programs } });
      next ??= last.then(async () => {
        const said = gathered;
        gathered = [];
        next = null;
        await noteAll(said);
      });
      const own = next;
      last = own.catch(() => undefined);
      await own;
    },
  };
}

const positionTold = ({ epoch, platform }: Pick<TelemetryBatch["applied"], "epoch" | "platform">): Position => ({
  epoch,
  revision: platform,
});
const positionOf = ({ appliedEpoch, appliedPlatform }: Device): Position => ({
  epoch: appliedEpoch ?? 0,
  revision: appliedPlatform ?? 0,
});

/** Null where it is of no device that is let in, is not newer than what is noted, or beyond what was issued. */
function enforcedBy(
  device: Device | undefined,
  applied: Said["applied"],
  issued: Position,
  now: Date,
): Enforced | null {
  if (device === undefined || device.revokedAt !== null) return null;
  if (!isNewerPosition(positionTold(applied), positionOf(device))) return null;
  return updateEnforced(device, applied, issued, now);
}
