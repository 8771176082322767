import { and, type Column, eq, isNotNull, notExists, sql } from "drizzle-orm";
import { devices, events, telemetryMinutes } from "./schema";
import type { Database } from "./store";

/**
 * What devices told, as every read sees it: of revoked devices nothing is left, whenever it was told. No read takes the
 * tables themselves (`scripts/house/check-sql-numbers.ts`), so that none can forget to look away.
 */

const isCounted = (db: Database, deviceId: Column) =>
  notExists(
    db
      .select({ one: sql`1` })
      .from(devices)
      .where(and(eq(devices.id, deviceId), isNotNull(devices.revokedAt))),
  );

/** The device-minutes that count, to select from. */
export const countedMinutes = (db: Database) =>
  db.select().from(telemetryMinutes).where(isCounted(db, telemetryMinutes.deviceId)).as("minutes");

/** The events that count, to select from. */
export const countedEvents = (db: Database) =>
  db.select().from(events).where(isCounted(db, events.deviceId)).as("events");
