import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { devices, platform, telemetryBatches } from "@/db/schema";
import type { Store, Transaction } from "@/db/store";
import { isStorable } from "@/lib/http/storable-text";
import { AppError, invariant } from "@/lib/platform/errors";
import { NO_POSITION, type Position } from "@/native/core/documents/position";
import { isAppId } from "@/native/core/manifest/app-id";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import { nowSeconds, type SyncContext } from "../context";
import { wantsHeld } from "../continuity/wants-held";
import { updateDevice } from "./device-state";
import { type JudgedBatch, judgeBatch } from "./judge-batch";
import type { ReceivedBatch } from "./received-batch";
import { readRegistered, recordEvents, recordMinutes } from "./record-batch";

async function earlierAnswer(
  tx: Transaction,
  deviceId: string,
  batchId: string,
  bodySha256: string,
): Promise<TelemetryAnswer | null> {
  const [row] = await tx.db
    .select()
    .from(telemetryBatches)
    .where(and(eq(telemetryBatches.deviceId, deviceId), eq(telemetryBatches.batchId, batchId)));
  if (row === undefined) return null;
  if (row.bodySha256 !== bodySha256) throw new AppError("conflict", "This batch was sent before with another body.");
  // Safe: written below, from an answer of this very type.
  return row.response as TelemetryAnswer;
}

/** The programs that a batch names, in so far as a program can have such a name. */
function namedPrograms(batch: ReceivedBatch): string[] {
  const ofEvents = batch.events.map((event) =>
    typeof event === "object" && event !== null ? (event as { appId?: unknown }).appId : undefined,
  );
  const named = [...batch.programs.map(({ appId }) => appId), ...ofEvents];
  return [...new Set(named.filter((name): name is string => typeof name === "string" && isAppId(name)))];
}

/** Refuses a frame whose texts the store can't hold; its entries are judged one by one. */
function requireStorableFrame(batch: ReceivedBatch): void {
  const { batchId, runtime, applied, discarded } = batch;
  if (isStorable([batchId, runtime, applied, discarded])) return;
  throw new AppError("invalid_input", "Some text of the batch can't be stored.");
}

function announceTelemetry(tx: Transaction, judged: JudgedBatch, addedEvents: ReadonlySet<string>): void {
  const measured = new Set(judged.minutes.map(({ appId }) => appId));
  const denied = new Set(judged.minutes.filter(({ entry }) => entry.denials.length > 0).map(({ appId }) => appId));
  for (const event of judged.events) {
    if (event.appId === undefined || !addedEvents.has(event.eventId)) continue;
    measured.add(event.appId);
    if (event.denialId !== undefined) denied.add(event.appId);
  }
  if (measured.size > 0) tx.announce({ topic: "telemetry", appIds: [...measured] });
  if (denied.size > 0) tx.announce({ topic: "denials", appIds: [...denied] });
}

/**
 * Takes one batch in, whole, in one transaction behind the lock of the device's row (spec §7): minutes are added up,
 * events stored once, what cannot be counted is rejected by id, and what the device enforces is noted. The same batch
 * again gets the answer that it got; refuses `conflict` for the same id with another body, `device_revoked` where the
 * device was revoked meanwhile.
 */
export async function ingestBatch(
  store: Store,
  ctx: SyncContext,
  deviceId: string,
  batch: ReceivedBatch,
  body: Uint8Array,
): Promise<TelemetryAnswer> {
  requireStorableFrame(batch);
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  return await store.transaction(async (tx) => {
    const [device] = await tx.db.select().from(devices).where(eq(devices.id, deviceId)).for("update");
    if (device === undefined) throw new AppError("unauthenticated", "This device is not known.");
    if (device.revokedAt !== null) throw new AppError("device_revoked", "This device has been revoked.");
    const earlier = await earlierAnswer(tx, deviceId, batch.batchId, bodySha256);
    if (earlier !== null) return earlier;

    const now = new Date(ctx.clock.nowMs());
    const registered = await readRegistered(tx, namedPrograms(batch));
    const judged = judgeBatch(batch, {
      nowSeconds: nowSeconds(ctx.clock),
      isProgram: (appId) => registered.has(appId),
    });
    if (judged.minutes.length > 0) await recordMinutes(tx, deviceId, judged.minutes);
    const added = await recordEvents(tx, deviceId, judged.events, now);
    const issued = (await newestPosition(tx.db, "platform", "")) ?? NO_POSITION;
    await noteDevice(tx, device, batch, issued, now);
    announceTelemetry(tx, judged, added);

    const [settings] = await tx.db.select().from(platform);
    invariant(settings !== undefined, "the platform row is missing");
    const answer: TelemetryAnswer = {
      accepted: judged.minutes.length + judged.events.length,
      rejected: judged.rejected,
      nextIntervalSeconds: settings.telemetryIntervalSeconds,
      sampling: settings.telemetrySampling,
      ...((await wantsHeld(tx.db, deviceId, toldPosition(batch, judged), issued)) ? { wanted: ["platform"] } : {}),
    };
    await tx.db
      .insert(telemetryBatches)
      .values({ deviceId, batchId: batch.batchId, bodySha256, response: answer, receivedAt: now });
    return answer;
  });
}

/** What the device holds, and whether it refused one of ours for holding another of the same revision. */
function toldPosition({ applied }: ReceivedBatch, judged: JudgedBatch) {
  const hasConflict = judged.events.some(({ type, code }) => type === "document_refused" && code === "CONFLICT");
  return { epoch: applied.epoch, revision: applied.platform, hasConflict };
}

async function noteDevice(
  tx: Transaction,
  device: typeof devices.$inferSelect,
  batch: ReceivedBatch,
  issued: Position,
  now: Date,
): Promise<void> {
  const update = updateDevice(device, batch, issued, now);
  await tx.db.update(devices).set(update).where(eq(devices.id, device.id));
  if (update.appliedAt !== device.appliedAt) tx.announce({ topic: "devices", deviceId: device.id, revoked: false });
}
