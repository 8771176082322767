import { and, inArray, isNotNull, sql } from "drizzle-orm";
import { events, programs, telemetryMinutes, unlistedMinutes, versions } from "@/db/schema";
import { minutesAsBits } from "@/db/schema/columns";
import type { Transaction } from "@/db/store";
import { insertRows, isAnyOf, putRows } from "@/db/write-rows";
import { LATE_AFTER_MS } from "@/lib/domain/measures/retention";
import type { TelemetryEvent } from "@/native/core/telemetry/batch";
import type { RuntimeIdentity } from "@/native/core/wire/runtime-identity";
import type { AcceptedMinute } from "./judge-batch";
import { type MinuteRow, mergeMinute } from "./merge-minute";
import type { ClampedVersion } from "./own-events";

const keyOf = (appId: string, versionCode: number, atMs: number) => `${appId}/${versionCode}/${atMs}`;

async function readKnown(
  tx: Transaction,
  deviceId: string,
  minutes: AcceptedMinute[],
): Promise<Map<string, MinuteRow>> {
  if (minutes.length === 0) return new Map();
  const keys = minutes.map(({ appId, versionCode, entry }) => {
    return { deviceId, appId, versionCode, at: new Date(entry.at * 1000) };
  });
  const rows = await tx.db
    .select()
    .from(telemetryMinutes)
    .where(isAnyOf(telemetryMinutes, ["deviceId", "appId", "versionCode", "at"], keys));
  return new Map(rows.map((row) => [keyOf(row.appId, row.versionCode, row.at.getTime()), row]));
}

/**
 * Adds increments to their device-minutes, each kept with the runtime that told of it last, and answers with what was
 * beyond the plausible. The device's row must be locked by the caller: what is known is read, added to, and written back. Of versions that were never listed only the
 * minute is kept: codes are the device's words, and each would be rows of its own.
 */
export async function recordMinutes(
  tx: Transaction,
  deviceId: string,
  minutes: readonly AcceptedMinute[],
  runtime: Pick<RuntimeIdentity, "kind" | "version">,
  receivedAt: Date,
): Promise<ClampedVersion[]> {
  if (minutes.length === 0) return [];
  const listed = await readListed(tx, [...new Set(minutes.map(({ appId }) => appId))]);
  const isListed = ({ appId, versionCode }: AcceptedMinute) => listed.has(`${appId}/${versionCode}`);
  await recordUnlisted(
    tx,
    deviceId,
    minutes.filter((minute) => !isListed(minute)),
  );
  const beyond: ClampedVersion[] = [];
  const told = minutes.filter(isListed);
  const known = await readKnown(tx, deviceId, told);
  const rows = told.map(({ appId, versionCode, entry }) => {
    const at = new Date(entry.at * 1000);
    const before = known.get(keyOf(appId, versionCode, at.getTime()));
    const { counts, clamped } = mergeMinute(before ?? null, entry);
    beyond.push(...clamped.map((one) => ({ ...one, appId, versionCode })));
    // One that is added to a minute that waits to be folded goes with it.
    const isLate = before === undefined ? at.getTime() + LATE_AFTER_MS <= receivedAt.getTime() : before.late > 0;
    const by = { runtimeKind: runtime.kind, runtimeVersion: runtime.version };
    return { deviceId, appId, versionCode, at, ...counts, ...by, late: isLate ? (before?.late ?? 0) + 1 : 0 };
  });
  if (rows.length > 0) await putRows(tx.db, telemetryMinutes, rows);
  return beyond;
}

/** `appId/code` of every version of these programs that was ever listed. */
async function readListed(tx: Transaction, appIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.db
    .select({ appId: versions.appId, code: versions.code })
    .from(versions)
    .where(and(inArray(versions.appId, [...appIds]), isNotNull(versions.listedAt)));
  return new Set(rows.map(({ appId, code }) => `${appId}/${code}`));
}

const DAY_SECONDS = 86_400;

async function recordUnlisted(tx: Transaction, deviceId: string, minutes: readonly AcceptedMinute[]): Promise<void> {
  const days = new Map<string, { appId: string; day: Date; at: Set<number> }>();
  for (const { appId, entry } of minutes) {
    const second = entry.at % DAY_SECONDS;
    const day = new Date((entry.at - second) * 1000);
    const key = `${appId} ${day.getTime()}`;
    const known = days.get(key) ?? { appId, day, at: new Set() };
    days.set(key, known);
    known.at.add(second / 60);
  }
  if (days.size === 0) return;
  const { appId, day, minutes: minutesOfDay } = unlistedMinutes;
  await tx.db
    .insert(unlistedMinutes)
    .values([...days.values()].map(({ at, ...of }) => ({ ...{ deviceId, ...of }, minutes: minutesAsBits(at) })))
    .onConflictDoUpdate({
      target: [unlistedMinutes.deviceId, appId, day],
      set: { minutes: sql`${minutesOfDay} | excluded.minutes` },
    });
}

/** Stores events once: one that is there already, from an earlier batch, is left as it is. Answers with the new ones. */
export async function recordEvents(
  tx: Transaction,
  deviceId: string,
  received: TelemetryEvent[],
  receivedAt: Date,
): Promise<Set<string>> {
  if (received.length === 0) return new Set();
  const rows = received.map((event) => ({
    deviceId,
    eventId: event.eventId,
    at: new Date(event.at * 1000),
    receivedAt,
    type: event.type,
    appId: event.appId ?? null,
    versionCode: event.versionCode ?? null,
    denialId: event.denialId ?? null,
    cause: event.denialId === undefined ? null : event.denialId.slice(0, 16),
    code: event.code ?? null,
    layer: event.layer ?? null,
    rule: event.rule ?? null,
    body: event,
  }));
  const added = await insertRows(tx.db, events, rows, sql`on conflict do nothing returning event_id`);
  return new Set(added.map(({ event_id: id }) => String(id)));
}

/** The programs, of those named, that are registered. */
export async function readRegistered(tx: Transaction, appIds: readonly string[]): Promise<Set<string>> {
  if (appIds.length === 0) return new Set();
  const rows = await tx.db
    .select({ appId: programs.appId })
    .from(programs)
    .where(inArray(programs.appId, [...appIds]));
  return new Set(rows.map((row) => row.appId));
}
