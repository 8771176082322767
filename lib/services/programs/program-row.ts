import { and, eq, gt, inArray, or, sql } from "drizzle-orm";
import { countedMinutes } from "@/db/counted";
import { newestPositions } from "@/db/newest-document";
import { type programs, type publishers, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { countDistinct, spansSince1970, sumOf } from "@/db/sums";
import type { ProgramRow } from "@/lib/contracts/programs";
import { unknownNarrowings } from "@/lib/sync/continuity/held-narrowings";

const DAY_MS = 24 * 60 * 60 * 1000;
export const TREND_DAYS = 14;

type Base = { program: typeof programs.$inferSelect; publisher: typeof publishers.$inferSelect };

/** Devices, requests and blocked requests of the last 24 h by program, of those named or of all: to select from. */
export function dayOfTraffic(db: Database, nowMs: number, appIds?: readonly string[]) {
  const minutes = countedMinutes(db);
  return db
    .select({
      appId: minutes.appId,
      devices: countDistinct(minutes.deviceId).as("devices"),
      requests: sumOf(minutes.requests).as("requests"),
      blocked: sumOf(minutes.blocked).as("blocked"),
    })
    .from(minutes)
    .where(
      and(
        appIds === undefined ? undefined : inArray(minutes.appId, [...appIds]),
        gt(minutes.at, new Date(nowMs - DAY_MS)),
      ),
    )
    .groupBy(minutes.appId)
    .as("traffic");
}

/** Joins each program with what its list row shows: versions, where its document stands, traffic of a day, blocked of 14 days. */
export async function toProgramRows(db: Database, bases: readonly Base[], nowMs: number): Promise<ProgramRow[]> {
  const appIds = bases.map(({ program }) => program.appId);
  if (appIds.length === 0) return [];
  const known = await db
    .select({ appId: versions.appId, code: versions.code, name: versions.name, state: versions.state })
    .from(versions)
    .where(and(inArray(versions.appId, appIds), or(eq(versions.state, "listed"), eq(versions.state, "submitted"))))
    .orderBy(versions.code);
  const positions = await newestPositions(db, appIds);
  const traffic = await db.select().from(dayOfTraffic(db, nowMs, appIds));
  const trend = await blockedByDay(db, appIds, nowMs);
  const unknown = await unknownNarrowings(db);
  const held = new Set(unknown.flatMap(({ kind, subject }) => (kind === "suspension" ? [subject] : [])));
  return bases.map(({ program, publisher }) => {
    const own = known.filter((version) => version.appId === program.appId);
    const pick = (state: "listed" | "submitted") => {
      const found = own.filter((version) => version.state === state).at(-1);
      return found === undefined ? null : { code: found.code, name: found.name };
    };
    const day = traffic.find((row) => row.appId === program.appId);
    return {
      appId: program.appId,
      name: program.name,
      publisher: { id: publisher.id, name: publisher.name },
      status: program.status,
      isHeld: program.status === "active" && held.has(program.appId),
      liveVersion: pick("listed"),
      waitingVersion: pick("submitted"),
      position: positions.get(program.appId) ?? null,
      devices24h: day?.devices ?? 0,
      requests24h: day?.requests ?? 0,
      blocked24h: day?.blocked ?? 0,
      blocked14d: trend.get(program.appId) ?? new Array<number>(TREND_DAYS).fill(0),
    };
  });
}

async function blockedByDay(db: Database, appIds: string[], nowMs: number): Promise<Map<string, number[]>> {
  const today = Math.floor(nowMs / DAY_MS);
  const minutes = countedMinutes(db);
  const rows = await db
    .select({
      appId: minutes.appId,
      day: spansSince1970(minutes.at, DAY_MS / 1000),
      blocked: sumOf(minutes.blocked),
    })
    .from(minutes)
    .where(and(inArray(minutes.appId, appIds), gt(minutes.at, new Date((today - TREND_DAYS + 1) * DAY_MS - 1))))
    .groupBy(minutes.appId, sql`2`);
  const trends = new Map<string, number[]>();
  for (const row of rows) {
    const trend = trends.get(row.appId) ?? new Array<number>(TREND_DAYS).fill(0);
    const index = row.day - (today - TREND_DAYS + 1);
    if (index >= 0 && index < TREND_DAYS) trend[index] = row.blocked;
    trends.set(row.appId, trend);
  }
  return trends;
}
