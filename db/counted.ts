import { and, type Column, desc, eq, gt, gte, inArray, isNotNull, notExists, type SQL, sql } from "drizzle-orm";
import { devices, events, programs, telemetryMinutes, unlistedMinutes } from "./schema";
import type { Database } from "./store";

/**
 * What devices told, as every count and list sees it: of revoked devices nothing, whenever it was told. Of what is folded
 * that is no longer known: sums of many keep what a device told before it was revoked. No read takes the tables themselves (`scripts/house/check-sql-numbers.ts`), so that none can forget to look away.
 */

const isCounted = (db: Database, deviceId: Column) =>
  notExists(
    db
      .select({ one: sql`1` })
      .from(devices)
      .where(and(eq(devices.id, deviceId), isNotNull(devices.revokedAt))),
  );

/** Whether what was told is of a program of this publisher; without one of whichever. */
export const isOfPublisher = (db: Database, appId: Column, publisherId: string | undefined): SQL | undefined =>
  publisherId === undefined
    ? undefined
    : inArray(appId, db.select({ appId: programs.appId }).from(programs).where(eq(programs.publisherId, publisherId)));

/** The device-minutes that count, to select from. */
export const countedMinutes = (db: Database) =>
  db.select().from(telemetryMinutes).where(isCounted(db, telemetryMinutes.deviceId)).as("minutes");

/**
 * Where a part of what waits ends that begins at a minute, or with the first of all: at the minute of the row that is so many behind,
 * and after one minute at least, so that none is ever cut. Null: it has no end.
 */
export async function endOfMinutes(db: Database, from: Date | null, rows: number): Promise<Date | null> {
  const { at } = telemetryMinutes;
  const minutes = db
    .select({ at })
    .from(telemetryMinutes)
    .where(from === null ? undefined : gte(at, from))
    .orderBy(at);
  const [last] = await minutes.offset(rows).limit(1);
  if (last === undefined) return null;
  const [first] = await minutes.offset(0).limit(1);
  if (first === undefined || first.at < last.at) return last.at;
  const next = db.select({ at }).from(telemetryMinutes).where(gt(at, first.at)).orderBy(at).limit(1);
  return (await next)[0]?.at ?? null;
}

/** The minutes of versions never listed that count, to select from. */
export const countedUnlisted = (db: Database) =>
  db.select().from(unlistedMinutes).where(isCounted(db, unlistedMinutes.deviceId)).as("unlisted");

/**
 * The one event that a denial's id names, of whichever device: revoking one takes what it told out of every count and list,
 * and must not take evidence away from whoever has its link. An event that counts goes before one that does not. `ofPublisher`:
 * of what was told of that publisher's programs.
 */
export async function eventOfDenial(
  db: Database,
  denialId: string,
  ofPublisher?: string,
): Promise<typeof events.$inferSelect | null> {
  const [row] = await db
    .select()
    .from(events)
    .where(and(eq(events.denialId, denialId), isOfPublisher(db, events.appId, ofPublisher)))
    .orderBy(desc(isCounted(db, events.deviceId)), events.deviceId, events.eventId)
    .limit(1);
  return row ?? null;
}

/** The events that count, to select from. */
export const countedEvents = (db: Database) =>
  db.select().from(events).where(isCounted(db, events.deviceId)).as("events");
