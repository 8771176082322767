import { and, eq, inArray, or, sql } from "drizzle-orm";
import { events, programs, telemetryMinutes } from "@/db/schema";
import type { Transaction } from "@/db/store";
import type { TelemetryEvent } from "@/native/core/telemetry/batch";
import type { AcceptedMinute } from "./judge-batch";
import { type MinuteRow, mergeMinute } from "./merge-minute";

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
 * Adds increments to their device-minutes. The device's row must be locked by the caller: what is known is read, added
 * to, and written back.
 */
export async function recordMinutes(tx: Transaction, deviceId: string, minutes: AcceptedMinute[]): Promise<void> {
  for (const part of inParts(minutes)) {
    const known = await readKnown(tx, deviceId, part);
    const rows = part.map(({ appId, versionCode, entry }) => {
      const atMs = entry.at * 1000;
      const merged = mergeMinute(known.get(keyOf(appId, versionCode, atMs)) ?? null, entry);
      return { deviceId, appId, versionCode, at: new Date(atMs), ...merged };
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
        },
      });
  }
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
