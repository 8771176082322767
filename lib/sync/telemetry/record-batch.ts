import { and, eq, inArray, isNotNull, or, sql } from "drizzle-orm";
import { events, programs, telemetryMinutes, unlistedMinutes, versions } from "@/db/schema";
import { minutesAsBits } from "@/db/schema/columns";
import type { Transaction } from "@/db/store";
import type { TelemetryEvent } from "@/native/core/telemetry/batch";
import type { RuntimeIdentity } from "@/native/core/wire/runtime-identity";
import type { AcceptedMinute } from "./judge-batch";
import { type MinuteRow, mergeMinute } from "./merge-minute";
import type { ClampedVersion } from "./own-events";

const keyOf = (appId: string, versionCode: number, atMs: number) => `${appId}/${versionCode}/${atMs}`;
/** Rows a statement: Postgres takes 65,535 parameters. */
const ROWS_PER_STATEMENT = 500;

function* inParts<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    yield items.slice(start, start + ROWS_PER_STATEMENT);
  }
}

async function readKnown(
  tx: Transaction,
  deviceId: string,
  minutes: AcceptedMinute[],
): Promise<Map<string, MinuteRow>> {
  const rows = await tx.db
    .select()
    .from(telemetryMinutes)
    .where(
      and(
        eq(telemetryMinutes.deviceId, deviceId),
        or(
          ...minutes.map(({ appId, versionCode, entry }) =>
            and(
              eq(telemetryMinutes.appId, appId),
              eq(telemetryMinutes.versionCode, versionCode),
              eq(telemetryMinutes.at, new Date(entry.at * 1000)),
            ),
          ),
        ),
      ),
    );
  return new Map(rows.map((row) => [keyOf(row.appId, row.versionCode, row.at.getTime()), row]));
}

/**
 * Adds increments to their device-minutes, each kept with the runtime that told of it last, and answers with what was beyond the plausible. The device's row must be
 * locked by the caller: what is known is read, added to, and written back. Of versions that were never listed only the
 * minute is kept: codes are the device's words, and each would be rows of its own.
 */
export async function recordMinutes(
  tx: Transaction,
  deviceId: string,
  minutes: readonly AcceptedMinute[],
  runtime: Pick<RuntimeIdentity, "kind" | "version">,
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
  for (const part of inParts(minutes.filter(isListed))) {
    const known = await readKnown(tx, deviceId, part);
    const rows = part.map(({ appId, versionCode, entry }) => {
      const atMs = entry.at * 1000;
      const { counts, clamped } = mergeMinute(known.get(keyOf(appId, versionCode, atMs)) ?? null, entry);
      beyond.push(...clamped.map((one) => ({ ...one, appId, versionCode })));
      const told = { runtimeKind: runtime.kind, runtimeVersion: runtime.version };
      return { deviceId, appId, versionCode, at: new Date(atMs), ...counts, ...told };
    });
    const { deviceId: device, appId, versionCode, at } = telemetryMinutes;
    await tx.db
      .insert(telemetryMinutes)
      .values(rows)
      .onConflictDoUpdate({
        target: [device, appId, versionCode, at],
        set: {
          cpuMs: sql`excluded.cpu_ms`,
          memoryBytesMax: sql`excluded.memory_bytes_max`,
          requests: sql`excluded.requests`,
          blocked: sql`excluded.blocked`,
          bytesIn: sql`excluded.bytes_in`,
          bytesOut: sql`excluded.bytes_out`,
          inFlightMax: sql`excluded.in_flight_max`,
          throttledMs: sql`excluded.throttled_ms`,
          crashes: sql`excluded.crashes`,
          apis: sql`excluded.apis`,
          hosts: sql`excluded.hosts`,
          denials: sql`excluded.denials`,
          requestsPerSecondMax: sql`excluded.requests_per_second_max`,
          bridgeCalls: sql`excluded.bridge_calls`,
          bridgeCallsPerSecondMax: sql`excluded.bridge_calls_per_second_max`,
          storageBytesMax: sql`excluded.storage_bytes_max`,
          cacheBytesMax: sql`excluded.cache_bytes_max`,
          limits: sql`excluded.limits`,
          appliedEpoch: sql`excluded.applied_epoch`,
          appliedPlatform: sql`excluded.applied_platform`,
          appliedProgram: sql`excluded.applied_program`,
          runtimeKind: sql`excluded.runtime_kind`,
          runtimeVersion: sql`excluded.runtime_version`,
        },
      });
  }
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
  const added = new Set<string>();
  for (const part of inParts(received)) {
    const rows = await tx.db
      .insert(events)
      .values(
        part.map((event) => ({
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
        })),
      )
      .onConflictDoNothing()
      .returning({ eventId: events.eventId });
    for (const { eventId } of rows) added.add(eventId);
  }
  return added;
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
