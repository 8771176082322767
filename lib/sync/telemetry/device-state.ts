import type { devices } from "@/db/schema";
import { isNewerPosition, isSamePosition, type Position } from "@/native/core/documents/position";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { type Clamped, createClamp } from "@/native/core/telemetry/plausible";
import type { JudgedBatch } from "./judge-batch";

type DeviceRow = typeof devices.$inferSelect;
export type DeviceUpdate = Enforced &
  Pick<DeviceRow, "runtimeKind" | "runtimeVersion" | "runtimeLayers" | "lastSeenAt" | "discarded">;

/** Reasons kept by name; what else a device makes up is counted together. */
const REASONS_MAX = 32;
const OTHER_REASONS = "other";

function addDiscarded(
  known: Record<string, number>,
  more: JudgedBatch["device"]["discarded"],
): { sums: Record<string, number>; clamped: readonly Clamped[] } {
  const sums = new Map(Object.entries(known));
  const { clamped, hold } = createClamp();
  for (const { reason, count } of more) {
    const name = sums.has(reason) || sums.size < REASONS_MAX ? reason : OTHER_REASONS;
    sums.set(name, addSaturating(sums.get(name) ?? 0, hold("discarded.count", count)));
  }
  return { sums: Object.fromEntries(sums), clamped };
}

export type Enforced = Pick<
  DeviceRow,
  "appliedEpoch" | "appliedKeyset" | "appliedPlatform" | "appliedPrograms" | "appliedAt"
>;

/**
 * What a batch says that its device enforces, beside what is known; null where it tells of nothing else. Applied revisions only
 * move forward, so a batch that was delayed takes nothing back; and a device cannot have applied what was never `issued`, so such
 * a claim is left aside.
 */
export function updateEnforced(
  device: DeviceRow,
  applied: JudgedBatch["device"]["applied"],
  issued: Position,
  now: Date,
): Enforced | null {
  const known = { epoch: device.appliedEpoch ?? 0, revision: device.appliedPlatform ?? 0 };
  const told = { epoch: applied.epoch, revision: applied.platform };
  if (told.revision === 0 || isNewerPosition(told, issued) || isNewerPosition(known, told)) return null;
  const appliedPrograms = applied.programs;
  const isSame =
    isSamePosition(told, known) &&
    applied.keyset === device.appliedKeyset &&
    isSameRecord(appliedPrograms, device.appliedPrograms ?? {});
  if (isSame) return null;
  return {
    appliedEpoch: applied.epoch,
    appliedKeyset: applied.keyset,
    appliedPlatform: applied.platform,
    appliedPrograms,
    appliedAt: isSamePosition(told, known) ? device.appliedAt : now,
  };
}

const isSameRecord = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

/**
 * What a batch says about its device, beside what is known (spec §7). Answers also with the counts that were beyond the plausible.
 */
export function updateDevice(
  device: DeviceRow,
  { applied, runtime, discarded }: JudgedBatch["device"],
  issued: Position,
  now: Date,
): { update: DeviceUpdate; clamped: readonly Clamped[] } {
  const { sums, clamped } = addDiscarded(device.discarded, discarded);
  const { kind, version, layers } = runtime;
  return {
    update: {
      ...{ runtimeKind: kind, runtimeVersion: version, runtimeLayers: layers },
      lastSeenAt: now,
      ...(updateEnforced(device, applied, issued, now) ?? enforcedBy(device)),
      discarded: sums,
    },
    clamped,
  };
}

const enforcedBy = ({
  appliedEpoch,
  appliedKeyset,
  appliedPlatform,
  appliedPrograms,
  appliedAt,
}: DeviceRow): Enforced => ({
  ...{ appliedEpoch, appliedKeyset, appliedPlatform, appliedPrograms, appliedAt },
});
