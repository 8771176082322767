import { and, eq, gte, inArray, sql } from "drizzle-orm";
import { fleetMinutes, hourRollups } from "@/db/schema";
import type { Database } from "@/db/store";
import { spansSince1970, sumOf } from "@/db/sums";
import { addHistogram, enter, type Histogram, quantileOf, readHistogram } from "@/lib/domain/measures/histogram";
import { IN_HISTOGRAMS, MAXIMA, type Measured, type MinuteNumbers, TOLD_MAXIMA } from "@/lib/domain/measures/measures";
import { createVarintReader } from "@/lib/domain/measures/varints";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { createDeviceCount, type DeviceCount } from "./device-count";
import { type Live, type LiveMinute, readLive } from "./live";
import { DAY_MS, startOf } from "./windows";

/** A stretch of time, cut into spans; what is told of later than the last of them is in the last. */
export type Cut = { fromMs: number; spanMs: number; lastSpan: number };

const COUNTED = ["requests", "blocked", "throttledMs", "crashes"] as const;
const GREATEST = [...MAXIMA, ...TOLD_MAXIMA];

/** What the device-minutes of a span were together, in so far as a page shows it. */
export type Span = {
  counted: Record<(typeof COUNTED)[number], number>;
  /** Of those that only grow; of what was not measured nothing. */
  greatest: Map<Measured, number>;
  histograms: Map<Measured, Histogram>;
  devices: DeviceCount;
};

const newSpan = (): Span => ({
  counted: { requests: 0, blocked: 0, throttledMs: 0, crashes: 0 },
  greatest: new Map(),
  histograms: new Map(),
  devices: createDeviceCount(),
});

/** The value of a device-minute below which this share of them lies, within 1/32; null where nothing was measured. */
export function quantileIn({ histograms }: Span, name: Measured, share: number): number | null {
  const histogram = histograms.get(name);
  return histogram === undefined ? null : quantileOf(histogram, share);
}

type Asked = {
  appId: string;
  version?: number | undefined;
  from: "minutes" | "hours";
  /** The histograms that are wanted: the others are not unpacked. */
  wanted: readonly Measured[];
};

/**
 * What a program's device-minutes were together, by span since 1970: from minutes of the fleet or from hours, and from
 * what neither holds yet. A span that nobody told of is absent.
 */
export async function measureSpans(
  db: Database,
  { appId, version, from, wanted }: Asked,
  { fromMs, spanMs, lastSpan }: Cut,
  live: Live,
): Promise<Map<number, Span>> {
  const spans = new Map<number, Span>();
  const spanAt = (atMs: number): Span => {
    const number = Math.min(lastSpan, Math.floor(atMs / spanMs));
    const span = spans.get(number) ?? newSpan();
    spans.set(number, span);
    return span;
  };
  const rows = await (from === "minutes" ? readMinutes(db, appId, fromMs) : readHours(db, appId, fromMs));
  for (const row of rows) {
    if (version === undefined || row.versionCode === version) addRow(spanAt(row.at.getTime()), row, wanted);
  }
  for (const minute of live.minutes) {
    const isAsked = minute.appId === appId && (version === undefined || minute.versionCode === version);
    if (isAsked && minute.atMs >= fromMs) addMinute(spanAt(minute.atMs), minute, wanted);
  }
  return spans;
}

const readMinutes = (db: Database, appId: string, fromMs: number) =>
  db
    .select()
    .from(fleetMinutes)
    .where(and(eq(fleetMinutes.appId, appId), gte(fleetMinutes.at, new Date(fromMs))));

async function readHours(db: Database, appId: string, fromMs: number) {
  const rows = await db
    .select()
    .from(hourRollups)
    .where(and(eq(hourRollups.appId, appId), gte(hourRollups.hour, new Date(fromMs))));
  return rows.map(({ hour, ...row }) => ({ ...row, at: hour }));
}

function addNumbers({ counted, greatest }: Span, numbers: MinuteNumbers, isLate: boolean): void {
  for (const name of COUNTED) counted[name] = addSaturating(counted[name], numbers[name]);
  if (isLate) return;
  for (const name of GREATEST) {
    const value = numbers[name];
    if (value !== null) greatest.set(name, Math.max(value, greatest.get(name) ?? 0));
  }
}

function histogramOf({ histograms }: Span, name: Measured): Histogram {
  const histogram = histograms.get(name) ?? new Map();
  histograms.set(name, histogram);
  return histogram;
}

function addRow(
  span: Span,
  row: MinuteNumbers & { histograms: Uint8Array; devices: Uint8Array },
  wanted: Asked["wanted"],
) {
  addNumbers(span, row, false);
  span.devices.addPacked(row.devices);
  const reader = createVarintReader(row.histograms);
  const last = Math.max(...wanted.map((name) => IN_HISTOGRAMS.indexOf(name)));
  for (const name of IN_HISTOGRAMS.slice(0, last + 1)) {
    if (reader.isAtEnd()) break;
    const histogram = readHistogram(reader);
    if (wanted.includes(name)) addHistogram(histogramOf(span, name), histogram);
  }
}

/** As it will be folded: of a late one the counters alone. */
function addMinute(span: Span, { late, numbers, deviceId }: LiveMinute, wanted: Asked["wanted"]): void {
  addNumbers(span, numbers, late > 0);
  if (late > 0) return;
  span.devices.addDevice(deviceId);
  for (const name of wanted) {
    const value = numbers[name];
    if (value !== null) enter(histogramOf(span, name), value);
  }
}

/** What is counted of a program in 24 h, and what of it was blocked in each of so many days. */
export type Traffic = { devices: number; requests: number; blocked: number; blockedByDay: readonly number[] };

/** Traffic of these programs, by app id, in 24 h as `startOf` has them; the last day (UTC) is the one under way. */
export async function readTraffic(
  db: Database,
  appIds: readonly string[],
  days: number,
  nowMs: number,
): Promise<{ traffic: Map<string, Traffic>; behind: string | null }> {
  const live = await readLive(db, appIds);
  const firstDay = Math.floor(nowMs / DAY_MS) - days + 1;
  const fromMs = startOf("24h", nowMs);
  const found = new Map(
    appIds.map((appId) => [
      appId,
      { devices: createDeviceCount(), requests: 0, blocked: 0, blockedByDay: new Array<number>(days).fill(0) },
    ]),
  );
  const add = (
    appId: string,
    { requests, blocked }: { requests: number; blocked: number },
  ): DeviceCount | undefined => {
    const own = found.get(appId);
    if (own === undefined) return undefined;
    own.requests = addSaturating(own.requests, requests);
    own.blocked = addSaturating(own.blocked, blocked);
    return own.devices;
  };
  const addDay = (appId: string, atMs: number, blocked: number): void => {
    const byDay = found.get(appId)?.blockedByDay;
    const day = Math.min(days - 1, Math.floor(atMs / DAY_MS) - firstDay);
    if (byDay !== undefined && day >= 0) byDay[day] = addSaturating(byDay[day] ?? 0, blocked);
  };
  const ofThese = inArray(hourRollups.appId, [...appIds]);
  const { appId, requests, blocked, devices } = hourRollups;
  const hours = await db
    .select({ appId, requests, blocked, devices })
    .from(hourRollups)
    .where(and(ofThese, gte(hourRollups.hour, new Date(fromMs))));
  for (const row of hours) add(row.appId, row)?.addPacked(row.devices);
  const byDay = await db
    .select({ appId, day: spansSince1970(hourRollups.hour, DAY_MS / 1000), blocked: sumOf(blocked) })
    .from(hourRollups)
    .where(and(ofThese, gte(hourRollups.hour, new Date(firstDay * DAY_MS))))
    .groupBy(appId, sql`2`);
  for (const row of byDay) addDay(row.appId, row.day * DAY_MS, row.blocked);
  for (const { appId: id, atMs, numbers, deviceId } of live.minutes) {
    addDay(id, atMs, numbers.blocked);
    if (atMs >= fromMs) add(id, numbers)?.addDevice(deviceId);
  }
  return {
    traffic: new Map([...found].map(([id, own]) => [id, { ...own, devices: own.devices.count() }])),
    behind: live.behind,
  };
}

/** Devices that told of a program in 24 h, by version. */
export async function countDevicesByVersion(db: Database, appId: string, nowMs: number): Promise<Map<number, number>> {
  const fromMs = startOf("24h", nowMs);
  const counts = new Map<number, DeviceCount>();
  const of = (version: number): DeviceCount => {
    const count = counts.get(version) ?? createDeviceCount();
    counts.set(version, count);
    return count;
  };
  const rows = await db
    .select({ version: hourRollups.versionCode, devices: hourRollups.devices })
    .from(hourRollups)
    .where(and(eq(hourRollups.appId, appId), gte(hourRollups.hour, new Date(fromMs))));
  for (const { version, devices } of rows) of(version).addPacked(devices);
  for (const { atMs, versionCode, deviceId } of (await readLive(db, [appId])).minutes) {
    if (atMs >= fromMs) of(versionCode).addDevice(deviceId);
  }
  return new Map([...counts].map(([version, count]) => [version, count.count()]));
}

/**
 * SQL: requests and blocked requests of every program in 24 h, as `day(app_id, requests, blocked)`, to order programs by:
 * the very sums that `readTraffic` tells.
 */
export async function trafficOfAll(db: Database, nowMs: number) {
  const fromMs = startOf("24h", nowMs);
  const { minutes } = await readLive(db);
  const told = minutes
    .filter(({ atMs }) => atMs >= fromMs)
    .map(({ appId, numbers: { requests, blocked } }) => ({ app_id: appId, requests, blocked }));
  const hours = db
    .select({ appId: hourRollups.appId, requests: hourRollups.requests, blocked: hourRollups.blocked })
    .from(hourRollups)
    .where(gte(hourRollups.hour, new Date(fromMs)));
  const live = sql`select app_id, requests, blocked from jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as told(app_id text, requests numeric, blocked numeric)`;
  return sql`(select app_id, ${sumOf(sql`requests`)} as requests, ${sumOf(sql`blocked`)} as blocked from (${hours} union all ${live}) as both_parts group by app_id) as day`;
}
