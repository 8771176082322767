import { eq } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { devices } from "@/db/schema";
import type { Store } from "@/db/store";
import { isNewerPosition, NO_POSITION } from "@/native/core/documents/position";
import type { SyncContext } from "../context";
import { updateEnforced } from "./device-state";
import { readOwnWords } from "./read-evidence";
import type { ReceivedBatch } from "./received-batch";

/**
 * Notes and announces what a device says that it enforces, before the rest of its batch: somebody who suspended a program waits
 * for the last device that has applied it, and behind nobody's telemetry. A small transaction of its own, in the lane of
 * decisions, for a platform document that is newer than the last one alone: whatever else a batch says of its device waits
 * its turn with the rest, and a batch that comes once more moves nothing. The batch itself says it again, so that a process
 * that ends between the two loses nothing.
 */
export async function noteApplied(
  store: Store,
  { clock }: Pick<SyncContext, "clock">,
  deviceId: string,
  batch: ReceivedBatch,
): Promise<void> {
  const urgent = store.in("decide");
  // What is malformed is told with the rest of the batch.
  const { appliedPrograms: programs } = readOwnWords(batch, () => undefined);
  const applied = { ...batch.applied, programs };
  const now = new Date(clock.nowMs());
  const issued = (await newestPosition(urgent.db, "platform", "")) ?? NO_POSITION;
  const isDevice = eq(devices.id, deviceId);
  const [known] = await urgent.db.select().from(devices).where(isDevice);
  if (known === undefined || !isAhead(known, applied)) return;
  await urgent.transaction(async (tx) => {
    const [device] = await tx.db.select().from(devices).where(isDevice).for("update");
    if (device === undefined || device.revokedAt !== null || !isAhead(device, applied)) return;
    const enforced = updateEnforced(device, applied, issued, now);
    if (enforced === null) return;
    await tx.db
      .update(devices)
      .set({ ...enforced, lastSeenAt: now })
      .where(isDevice);
    if (enforced.appliedAt !== device.appliedAt) tx.announce({ topic: "devices", deviceId, revoked: false });
  });
}

const isAhead = (
  { appliedEpoch, appliedPlatform }: typeof devices.$inferSelect,
  told: ReceivedBatch["applied"],
): boolean =>
  isNewerPosition(
    { epoch: told.epoch, revision: told.platform },
    { epoch: appliedEpoch ?? 0, revision: appliedPlatform ?? 0 },
  );
