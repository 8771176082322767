import { and, desc, eq, gte, inArray, isNotNull, max, min, sql } from "drizzle-orm";
import { countedEvents, countedMinutes } from "@/db/counted";
import { devices, type events, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { elementsOf, numberOf, sumOf } from "@/db/sums";
import type { DenialCause, DenialList, DenialRow } from "@/lib/contracts/programs";
import type { TimeRange } from "@/lib/contracts/shared";
import type { Actor } from "@/lib/domain/roles";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/batch";
import type { ServiceContext } from "../context";
import { following, type Listing, orderOf, PAGE_SIZE, toPage } from "../paging";
import { loadProgram } from "../programs/get-program";
import { RANGES } from "../programs/read-telemetry";
import { requirePermission } from "../require-permission";
import { targetOf, toDenialRow } from "./denial-row";

const CAUSES_MAX = 100;
const TREND_POINTS = 14;

export type DenialQuery = {
  appId?: string | undefined;
  range: TimeRange;
  version?: number | undefined;
  cause?: string | undefined;
  cursor?: string | undefined;
};

/**
 * Denials of a program, or of all: causes with true counts (from device-minutes, so sampling hides none), and the
 * single records, newest first, 50 a page. Raises `not_found` for a program that is not there, `invalid_input` for a cursor
 * of another list.
 */
export async function listDenials(context: ServiceContext, actor: Actor, query: DenialQuery): Promise<DenialList> {
  requirePermission(actor, "console.read");
  const { db } = context.store;
  if (query.appId !== undefined) await loadProgram(db, query.appId);
  const since = new Date(context.clock.nowMs() - RANGES[query.range].seconds * 1000);
  const events = countedEvents(db);
  const listing: Listing = {
    name: "denials",
    by: [
      { value: events.at, is: "instant" },
      { value: events.eventId, is: "text" },
      { value: events.deviceId, is: "text" },
    ],
    isNewestFirst: true,
  };
  const rows = await db
    .select()
    .from(events)
    .where(
      and(
        isNotNull(events.denialId),
        gte(events.at, since),
        query.appId === undefined ? undefined : eq(events.appId, query.appId),
        query.version === undefined ? undefined : eq(events.versionCode, query.version),
        query.cause === undefined ? undefined : eq(events.cause, query.cause),
        following(listing, query.cursor),
      ),
    )
    .orderBy(...orderOf(listing))
    .limit(PAGE_SIZE + 1);
  const page = toPage(listing, rows, ({ at, eventId, deviceId }) => [at.getTime(), eventId, deviceId]);
  return {
    causes: query.cursor === undefined ? await readCauses(db, query, since, context.clock.nowMs()) : [],
    items: await withNames(db, page.rows),
    nextCursor: page.nextCursor,
  };
}

/** Looks up the names that a page of records shows. */
export async function withNames(db: Database, rows: (typeof events.$inferSelect)[]): Promise<DenialRow[]> {
  if (rows.length === 0) return [];
  const appIds = [...new Set(rows.flatMap((row) => (row.appId === null ? [] : [row.appId])))];
  const deviceIds = [...new Set(rows.map((row) => row.deviceId))];
  const programNames =
    appIds.length === 0
      ? []
      : await db
          .select({ appId: programs.appId, name: programs.name })
          .from(programs)
          .where(inArray(programs.appId, appIds));
  const deviceNames = await db
    .select({ id: devices.id, name: devices.name })
    .from(devices)
    .where(inArray(devices.id, deviceIds));
  return rows.map((row) =>
    toDenialRow(row, {
      program: programNames.find((program) => program.appId === row.appId)?.name ?? row.appId ?? "",
      device: deviceNames.find((device) => device.id === row.deviceId)?.name ?? row.deviceId,
    }),
  );
}

async function readCauses(db: Database, query: DenialQuery, since: Date, nowMs: number): Promise<DenialCause[]> {
  const denial = sql`denial`;
  const minutes = countedMinutes(db);
  const inRange = and(
    gte(minutes.at, since),
    query.appId === undefined ? undefined : eq(minutes.appId, query.appId),
    query.version === undefined ? undefined : eq(minutes.versionCode, query.version),
    sql`${denial}->>'cause' <> ${OTHER}`,
    query.cause === undefined ? undefined : sql`${denial}->>'cause' = ${query.cause}`,
  );
  const spanSeconds = Math.max(1, RANGES[query.range].seconds / TREND_POINTS);
  const sinceSeconds = Math.floor(since.getTime() / 1000);
  const slot = sql`floor((extract(epoch from ${minutes.at}) - ${sinceSeconds}) / ${spanSeconds})`;
  const rows = await db
    .select({
      cause: sql<string>`${denial}->>'cause'`,
      slot: sql<number>`least(${TREND_POINTS - 1}, greatest(0, ${slot}))`.mapWith(Number),
      body: sql<Record<string, unknown>>`(array_agg(${denial} order by ${minutes.at} desc))[1]`,
      sinceVersion: min(minutes.versionCode),
      firstAt: min(minutes.at),
      lastAt: max(minutes.at),
      times: sumOf(numberOf(sql`${denial}->'count'`)),
      deviceIds: sql<string[]>`array_agg(distinct ${minutes.deviceId})`,
    })
    .from(minutes)
    .innerJoin(sql`${elementsOf(minutes.denials)} as denial`, sql`true`)
    .where(inRange)
    .groupBy(sql`1`, sql`2`);
  const newest = await newestDenials(db, query, since);
  const causes = new Map<string, DenialCause & { deviceIds: Set<string> }>();
  for (const row of rows) {
    if (row.firstAt === null || row.lastAt === null || row.sinceVersion === null) continue;
    const firstAt = row.firstAt.toISOString();
    const lastAt = row.lastAt.toISOString();
    const known = causes.get(row.cause);
    const recorded = newest.get(row.cause);
    const entry = known ?? {
      cause: row.cause,
      code: String(row.body.code ?? ""),
      layer: String(row.body.layer ?? ""),
      rule: typeof row.body.rule === "string" ? row.body.rule : null,
      target: targetOf(row.body),
      purpose: typeof row.body.purpose === "string" ? row.body.purpose : null,
      sinceVersion: row.sinceVersion,
      firstAt,
      lastAt,
      times: 0,
      devices: 0,
      trend: new Array<number>(TREND_POINTS).fill(0),
      newestDenialId: recorded?.denialId ?? null,
      deviceIds: new Set<string>(),
    };
    entry.times = addSaturating(entry.times, row.times);
    entry.trend[row.slot] = addSaturating(entry.trend[row.slot] ?? 0, row.times);
    if (firstAt < entry.firstAt) entry.firstAt = firstAt;
    if (lastAt > entry.lastAt) entry.lastAt = lastAt;
    if (recorded !== undefined && recorded.at > entry.lastAt) entry.lastAt = recorded.at;
    entry.sinceVersion = Math.min(entry.sinceVersion ?? row.sinceVersion, row.sinceVersion);
    for (const id of row.deviceIds) entry.deviceIds.add(id);
    causes.set(row.cause, entry);
  }
  const nowText = new Date(nowMs).toISOString();
  return [...causes.values()]
    .map(({ deviceIds, ...cause }) => ({
      ...cause,
      devices: deviceIds.size,
      lastAt: earlier(cause.lastAt, nowText),
    }))
    .sort((a, b) => b.times - a.times || (a.cause < b.cause ? -1 : 1))
    .slice(0, CAUSES_MAX);
}

/** ISO instants of one form compare as text. */
const earlier = (a: string, b: string): string => (a < b ? a : b);

async function newestDenials(
  db: Database,
  query: DenialQuery,
  since: Date,
): Promise<Map<string, { denialId: string; at: string }>> {
  const events = countedEvents(db);
  const rows = await db
    .selectDistinctOn([events.cause], { cause: events.cause, denialId: events.denialId, at: events.at })
    .from(events)
    .where(
      and(
        isNotNull(events.cause),
        isNotNull(events.denialId),
        gte(events.at, since),
        query.appId === undefined ? undefined : eq(events.appId, query.appId),
      ),
    )
    .orderBy(events.cause, desc(events.at));
  return new Map(rows.map((row) => [row.cause ?? "", { denialId: row.denialId ?? "", at: row.at.toISOString() }]));
}
