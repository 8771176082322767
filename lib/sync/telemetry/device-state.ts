import type { devices } from "@/db/schema";
import { isNewerPosition, isSamePosition, type Position } from "@/native/core/documents/position";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { type Clamped, createClamp } from "@/native/core/telemetry/plausible";
import type { JudgedBatch } from "./judge-batch";

type DeviceRow = typeof devices.$inferSelect;
export type DeviceUpdate = Pick<
  DeviceRow,
  | "runtimeKind"
  | "runtimeVersion"
  | "runtimeLayers"
  | "lastSeenAt"
  | "appliedEpoch"
  | "appliedKeyset"
  | "appliedPlatform"
  | "appliedPrograms"
  | "appliedAt"
  | "discarded"
>;

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

/**
 * What a batch says about its device, beside what is known (spec §7). Applied revisions only move forward, so a batch
 * that was delayed takes nothing back; and a device cannot have applied what was never `issued`, so such a claim is
 * left aside. Answers also with the counts that were beyond the plausible.
 */
export function updateDevice(
  device: DeviceRow,
  { applied, runtime, discarded }: JudgedBatch["device"],
  issued: Position,
  now: Date,
): { update: DeviceUpdate; clamped: readonly Clamped[] } {
  const known = { epoch: device.appliedEpoch ?? 0, revision: device.appliedPlatform ?? 0 };
  const told = { epoch: applied.epoch, revision: applied.platform };
  const takes = told.revision > 0 && !isNewerPosition(told, issued) && !isNewerPosition(known, told);
  const moved = !isSamePosition(told, known);
  const enforced = takes
    ? {
        appliedEpoch: applied.epoch,
        appliedKeyset: applied.keyset,
        appliedPlatform: applied.platform,
        appliedPrograms: Object.fromEntries(Object.entries(applied.programs).slice(0, 500)),
        appliedAt: moved ? now : device.appliedAt,
      }
    : {
        appliedEpoch: device.appliedEpoch,
        appliedKeyset: device.appliedKeyset,
        appliedPlatform: device.appliedPlatform,
        appliedPrograms: device.appliedPrograms,
        appliedAt: device.appliedAt,
      };
  const { sums, clamped } = addDiscarded(device.discarded, discarded);
  const { kind, version, layers } = runtime;
  return {
    update: {
      ...{ runtimeKind: kind, runtimeVersion: version, runtimeLayers: layers },
      lastSeenAt: now,
      ...enforced,
      discarded: sums,
    },
    clamped,
  };
}
