import { eq } from "drizzle-orm";
import { devices, events } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { ServerEventType } from "@/native/core/codes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import type { Clamped, Counter } from "@/native/core/telemetry/plausible";
import type { SyncContext } from "../context";
import type { RejectedEvidence } from "./judge-batch";

/** A counter beyond the plausible, and whose; null for what a device tells of itself. */
export type ClampedVersion = Clamped & { appId: string | null; versionCode: number | null };

type OwnEvent = { type: ServerEventType; appId: string | null; versionCode: number | null; body: object };

/** Per counter the greatest that was seen, and how often it was beyond. */
function clampedEvents(clamped: readonly ClampedVersion[]): OwnEvent[] {
  const byVersion = new Map<string, Pick<ClampedVersion, "appId" | "versionCode"> & { counters: Map<Counter, Seen> }>();
  type Seen = Clamped & { times: number };
  for (const { appId, versionCode, ...one } of clamped) {
    const key = `${appId}/${versionCode}`;
    const version = byVersion.get(key) ?? { appId, versionCode, counters: new Map<Counter, Seen>() };
    byVersion.set(key, version);
    const known = version.counters.get(one.counter) ?? { ...one, times: 0 };
    version.counters.set(one.counter, { ...one, seen: Math.max(known.seen, one.seen), times: known.times + 1 });
  }
  return [...byVersion.values()].map(({ counters, ...version }) => {
    return { type: "counter_clamped", ...version, body: { clamped: [...counters.values()] } };
  });
}

/**
 * The policy service's own word on a batch (spec §7.10, §7.11): one `counter_clamped` a version, one `evidence_rejected`,
 * both counted with the device. Their ids are made here, so that no device can have taken them. Without a batch where several
 * together told of what is beyond.
 */
export async function recordOwnEvents(
  tx: Transaction,
  ctx: Pick<SyncContext, "clock" | "ids">,
  device: Pick<typeof devices.$inferSelect, "id" | "clamped" | "rejected">,
  found: { batchId: string | null; clamped: readonly ClampedVersion[]; evidence: readonly RejectedEvidence[] },
): Promise<void> {
  const own = clampedEvents(found.clamped);
  if (found.evidence.length > 0) {
    own.push({ type: "evidence_rejected", appId: null, versionCode: null, body: { rejected: found.evidence } });
  }
  if (own.length === 0) return;
  const now = new Date(ctx.clock.nowMs());
  const about = { deviceId: device.id, at: now, receivedAt: now };
  await tx.db.insert(events).values(
    own.map(({ body, ...event }) => {
      const eventId = ctx.ids.next("event");
      const of = found.batchId === null ? {} : { batchId: found.batchId };
      return { ...event, ...about, eventId, body: { eventId, type: event.type, ...of, ...body } };
    }),
  );
  const rejected = found.evidence.reduce((sum, { count }) => sum + count, 0);
  await tx.db
    .update(devices)
    .set({
      clamped: addSaturating(device.clamped, found.clamped.length),
      rejected: addSaturating(device.rejected, rejected),
    })
    .where(eq(devices.id, device.id));
  tx.announce({ topic: "devices", deviceId: device.id, revoked: false });
}
