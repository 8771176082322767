import type { events, telemetryMinutes, unlistedMinutes } from "@/db/schema";
import { minutesAsBits } from "@/db/schema/columns";
import { LATE_AFTER_MS } from "@/lib/domain/measures/retention";
import { causeOfDenial } from "@/native/core/decide/cause-of-denial";
import type { TelemetryEvent } from "@/native/core/telemetry/batch";
import type { RuntimeIdentity } from "@/native/core/wire/runtime-identity";
import { holdMinute } from "./held-minute";
import type { AcceptedMinute } from "./judge-batch";
import type { ClampedVersion } from "./own-events";

/** Whose a row is, and when it came. */
type From = { deviceId: string; receivedAt: Date };

/** Increments as they are kept, each with the runtime that told of it, and what of them was beyond the plausible. */
export function toMinuteRows(
  { deviceId, receivedAt }: From,
  minutes: readonly AcceptedMinute[],
  runtime: Pick<RuntimeIdentity, "kind" | "version">,
): { rows: (typeof telemetryMinutes.$inferInsert)[]; clamped: ClampedVersion[] } {
  const beyond: ClampedVersion[] = [];
  const by = { runtimeKind: runtime.kind, runtimeVersion: runtime.version };
  const rows = minutes.map(({ appId, versionCode, entry }) => {
    const { counts, clamped } = holdMinute(entry);
    for (const one of clamped) beyond.push({ ...one, appId, versionCode });
    const late = entry.at * 1000 + LATE_AFTER_MS <= receivedAt.getTime() ? 1 : 0;
    return { deviceId, appId, versionCode, at: new Date(entry.at * 1000), ...counts, ...by, late };
  });
  return { rows, clamped: beyond };
}

export const toEventRows = (
  { deviceId, receivedAt }: From,
  told: readonly TelemetryEvent[],
): (typeof events.$inferInsert)[] =>
  told.map((event) => ({
    deviceId,
    eventId: event.eventId,
    at: new Date(event.at * 1000),
    receivedAt,
    type: event.type,
    appId: event.appId ?? null,
    versionCode: event.versionCode ?? null,
    denialId: event.denialId ?? null,
    cause: event.denialId === undefined ? null : causeOfDenial(event.denialId),
    code: event.code ?? null,
    layer: event.layer ?? null,
    rule: event.rule ?? null,
    body: event,
  }));

const DAY_SECONDS = 86_400;

/**
 * Of versions that were never listed only the minutes of a day: codes are the device's words, and each would be rows of its own. One
 * row a device, program and day.
 */
export function toUnlistedRows(
  told: readonly (AcceptedMinute & { deviceId: string })[],
): (typeof unlistedMinutes.$inferInsert)[] {
  const days = new Map<string, { deviceId: string; appId: string; day: Date; at: Set<number> }>();
  for (const { deviceId, appId, entry } of told) {
    const second = entry.at % DAY_SECONDS;
    const day = new Date((entry.at - second) * 1000);
    const key = `${deviceId} ${appId} ${day.getTime()}`;
    const known = days.get(key) ?? { deviceId, appId, day, at: new Set() };
    days.set(key, known);
    known.at.add(second / 60);
  }
  return [...days.values()].map(({ at, ...of }) => ({ ...of, minutes: minutesAsBits(at) }));
}
