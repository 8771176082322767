import { eq } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { keepDays, writeDays } from "@/db/partitions";
import { readPlatformMembersOf } from "@/db/published-members";
import { devices, telemetryBatches } from "@/db/schema";
import type { Store, Transaction } from "@/db/store";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { isStorable } from "@/lib/http/storable-text";
import { AppError } from "@/lib/platform/errors";
import { NO_POSITION, type Position } from "@/native/core/documents/position";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import { nowSeconds, type SyncContext } from "../context";
import { wantsHeld } from "../continuity/wants-held";
import { digestsOf, findAnswer, toRow } from "./answered-batches";
import { updateDevice } from "./device-state";
import { eventTimes, type JudgedBatch, judgeBatch, namedPrograms } from "./judge-batch";
import { noteApplied } from "./note-applied";
import { type ClampedVersion, recordOwnEvents } from "./own-events";
import type { ReceivedBatch } from "./received-batch";
import { readRegistered, recordEvents, recordMinutes } from "./record-batch";

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
 * Takes one batch in. What the device enforces is noted first; then the batch, whole, in one transaction behind the lock of
 * the device's row (spec §7): minutes are added up,
 * events stored once, what cannot be counted is rejected by id, what is beyond the plausible is held there, both raise an
 * event of the server's own, and what the device enforces is noted. The same batch
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
  if (!isStorable(batch.batchId)) throw new AppError("invalid_input", "The batch's id can't be stored.");
  const digests = digestsOf(deviceId, batch.batchId, body);
  const receivedAt = new Date(ctx.clock.nowMs());
  await noteApplied(store, ctx, deviceId, batch);
  const ingest = store.in("ingest");
  await keepDays(ingest, "telemetry_batches", [receivedAt.getTime()]);
  await keepDays(ingest, "events", [receivedAt.getTime(), ...eventTimes(batch, nowSeconds(ctx.clock))]);
  return await writeDays(ingest, async (tx) => {
    const [device] = await tx.db.select().from(devices).where(eq(devices.id, deviceId)).for("update");
    if (device === undefined) throw new AppError("unauthenticated", "This device is not known.");
    if (device.revokedAt !== null) throw new AppError("device_revoked", "This device has been revoked.");
    const earlier = await findAnswer(tx.db, digests);
    if (earlier !== null) return earlier;

    const registered = await readRegistered(tx, namedPrograms(batch));
    const issued = (await newestPosition(tx.db, "platform", "")) ?? NO_POSITION;
    const judged = judgeBatch(batch, {
      nowSeconds: nowSeconds(ctx.clock),
      isProgram: (appId) => registered.has(appId),
      issued,
    });
    const clamped = await recordMinutes(tx, deviceId, judged.minutes, batch.runtime, receivedAt);
    const added = await recordEvents(tx, deviceId, judged.events, receivedAt);
    clamped.push(...(await noteDevice(tx, device, judged.device, issued, receivedAt)));
    await recordOwnEvents(tx, ctx, device, { batchId: batch.batchId, clamped, evidence: judged.evidence });
    announceTelemetry(tx, judged, added);

    const [decided] = await readPlatformMembersOf(tx.db, "telemetry");
    const { intervalSeconds, sampling } = decided?.value ?? PLATFORM_DEFAULTS.telemetry;
    const answer: TelemetryAnswer = {
      accepted: judged.minutes.length + judged.events.length,
      rejected: judged.rejected.named,
      ...(judged.rejected.more === 0 ? {} : { rejectedMore: judged.rejected.more }),
      nextIntervalSeconds: intervalSeconds,
      sampling,
      ...((await wantsHeld(tx.db, deviceId, toldPosition(batch, judged), issued)) ? { wanted: ["platform"] } : {}),
    };
    await tx.db.insert(telemetryBatches).values(toRow(digests, answer, receivedAt));
    return answer;
  });
}

/** What the device holds, and whether it refused one of ours for holding another of the same revision. */
function toldPosition({ applied }: ReceivedBatch, judged: JudgedBatch) {
  const hasConflict = judged.events.some(({ type, code }) => type === "document_refused" && code === "CONFLICT");
  return { epoch: applied.epoch, revision: applied.platform, hasConflict };
}

/** Answers with what it told of itself beyond the plausible. */
async function noteDevice(
  tx: Transaction,
  device: typeof devices.$inferSelect,
  told: JudgedBatch["device"],
  issued: Position,
  now: Date,
): Promise<ClampedVersion[]> {
  const { update, clamped } = updateDevice(device, told, issued, now);
  await tx.db.update(devices).set(update).where(eq(devices.id, device.id));
  if (update.appliedAt !== device.appliedAt) tx.announce({ topic: "devices", deviceId: device.id, revoked: false });
  return clamped.map((one) => ({ ...one, appId: null, versionCode: null }));
}
