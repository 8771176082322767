import { and, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { devices as deviceTable, fleetMinutes, hourRollups, programs } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere, spansSince1970, sumOf } from "@/db/sums";
import { type Labels, labelsKey } from "@/lib/domain/labels";
import { addHistogram, enter, type Histogram, quantileOf, readHistogram } from "@/lib/domain/measures/histogram";
import { IN_HISTOGRAMS, MAXIMA, type Measured, type MinuteNumbers, TOLD_MAXIMA } from "@/lib/domain/measures/measures";
import { createVarintReader } from "@/lib/domain/measures/varints";
import type { RuntimeKind } from "@/native/core/codes";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { createDeviceCount, type DeviceCount } from "./device-count";
import { type LiveMinute, sumLive } from "./live";
import { addPackedTogether, packedTogether } from "./packed-sketches";
import { partsOf, readHoursInParts, readPages } from "./parts";
import { DAY_MS, startOf } from "./windows";

/** A stretch of time, cut into spans; what is told of later than the last of them is in the last. */
export type Cut = { fromMs: number; spanMs: number; lastSpan: number };

export const COUNTED = ["requests", "blocked", "throttledMs", "crashes", "bytesIn", "bytesOut"] as const;
export type Counted = (typeof COUNTED)[number];
const GREATEST = [...MAXIMA, ...TOLD_MAXIMA];

/** What the device-minutes of a span were together, in so far as a page shows it. */
export type Span = {
  counted: Record<Counted, number>;
  /** Of those that only grow; of what was not measured nothing. */
  greatest: Map<Measured, number>;
  histograms: Map<Measured, Histogram>;
  /** By kind of runtime, which of the wanted its device-minutes measured; of hours alone, minutes of the fleet have no kind. */
  told: Map<string, Set<Measured>>;
  devices: DeviceCount;
};

const newSpan = (): Span => ({
  counted: { requests: 0, blocked: 0, throttledMs: 0, crashes: 0, bytesIn: 0, bytesOut: 0 },
  greatest: new Map(),
  histograms: new Map(),
  told: new Map(),
  devices: createDeviceCount(),
});

/** What the device-minutes of several spans were together. */
export function togetherOf(spans: Iterable<Span>): Span {
  const all = newSpan();
  for (const { counted, greatest, histograms, told, devices } of spans) {
    for (const name of COUNTED) all.counted[name] = addSaturating(all.counted[name], counted[name]);
    for (const [name, value] of greatest) all.greatest.set(name, Math.max(value, all.greatest.get(name) ?? 0));
    for (const [name, histogram] of histograms) addHistogram(histogramOf(all, name), histogram);
    for (const [kind, names] of told) for (const name of names) toldOf(all, kind).add(name);
    all.devices.addAll(devices);
  }
  return all;
}

/** The value of a device-minute below which this share of them lies, within 1/32; null where nothing was measured. */
export function quantileIn({ histograms }: Span, name: Measured, share: number): number | null {
  const histogram = histograms.get(name);
  return histogram === undefined ? null : quantileOf(histogram, share);
}

/** The greatest value of a device-minute; of what adds up within a minute, within 1/32. Null where nothing was measured. */
export const greatestIn = (span: Span, name: Measured): number | null => {
  const within = quantileIn(span, name, 1);
  return within === null ? null : (span.greatest.get(name) ?? within);
};

/** Whose device-minutes are asked for. Of a kind of runtime or a label hours alone know. */
export type Whose = { version?: number | undefined; runtime?: RuntimeKind | undefined; labels?: Labels | undefined };

/** Whether hours alone tell of them. */
export const isByHour = ({ runtime, labels = {} }: Whose): boolean =>
  runtime !== undefined || partsOfLabels(labels).length > 0;

type Asked = Whose & {
  appId: string;
  from: "minutes" | "hours";
  /** The histograms that are wanted: the others are not unpacked. */
  wanted: readonly Measured[];
};

/**
 * What a program's device-minutes were together, by span since 1970: from minutes of the fleet or from hours, and from
 * what neither holds yet (`minutesOf`). A span that nobody told of is absent.
 */
export async function measureSpans(
  db: Database,
  { appId, version, runtime, labels, from, wanted }: Asked,
  { fromMs, spanMs, lastSpan }: Cut,
  minutes: readonly LiveMinute[],
): Promise<Map<number, Span>> {
  const spans = new Map<number, Span>();
  const spanAt = (atMs: number): Span => {
    const number = Math.min(lastSpan, Math.floor(atMs / spanMs));
    const span = spans.get(number) ?? newSpan();
    spans.set(number, span);
    return span;
  };
  const asked = { appId, version, runtime, labels, fromMs };
  const rows = await (from === "minutes" ? readMinutes(db, asked) : readHours(db, asked));
  for (const row of rows) addRow(spanAt(row.at.getTime()), row, wanted);
  for (const minute of minutes) {
    if (minute.atMs < fromMs) continue;
    addMinute(spanAt(minute.atMs), minute, wanted, from === "hours" ? minute.runtimeKind : null);
  }
  return spans;
}

/** Rows that one statement reads: of a large fleet one has some kilobytes. */
const ROWS_A_PAGE = 200;

/** Of a row of measures what pages show. */
function shownOf(table: typeof fleetMinutes | typeof hourRollups) {
  const { requests, blocked, throttledMs, crashes, bytesIn, bytesOut } = table;
  const greatest = {
    ...{ memoryBytesMax: table.memoryBytesMax, inFlightMax: table.inFlightMax, storageBytesMax: table.storageBytesMax },
    ...{ requestsPerSecondMax: table.requestsPerSecondMax, bridgeCallsPerSecondMax: table.bridgeCallsPerSecondMax },
    cacheBytesMax: table.cacheBytesMax,
  } satisfies Record<(typeof GREATEST)[number], unknown>;
  const { histograms, devices } = table;
  return { ...{ requests, blocked, throttledMs, crashes, bytesIn, bytesOut }, ...greatest, histograms, devices };
}

type Wanted = Pick<Asked, "appId" | "version" | "runtime" | "labels"> & { fromMs: number };

const readMinutes = (db: Database, { appId, version, fromMs }: Wanted) =>
  readPages(ROWS_A_PAGE, (last: { at: Date; versionCode: number } | null) =>
    db
      .select({ ...{ at: fleetMinutes.at, versionCode: fleetMinutes.versionCode }, ...shownOf(fleetMinutes) })
      .from(fleetMinutes)
      .where(
        and(
          eq(fleetMinutes.appId, appId),
          version === undefined ? undefined : eq(fleetMinutes.versionCode, version),
          gte(fleetMinutes.at, last?.at ?? new Date(fromMs)),
          last === null
            ? undefined
            : sql`(${fleetMinutes.at}, ${fleetMinutes.versionCode}) > (${last.at.toISOString()}::timestamptz, ${last.versionCode})`,
        ),
      )
      .orderBy(fleetMinutes.at, fleetMinutes.versionCode)
      .limit(ROWS_A_PAGE),
  );

type HourKey = { at: Date; versionCode: number; runtimeKind: string; labels: string };

function readHours(db: Database, { appId, version, runtime, labels: asked, fromMs }: Wanted) {
  const { hour, versionCode, runtimeKind, labels } = hourRollups;
  return readPages(ROWS_A_PAGE, (last: HourKey | null) =>
    db
      .select({ ...{ at: hour, versionCode, runtimeKind, labels }, ...shownOf(hourRollups) })
      .from(hourRollups)
      .where(
        and(
          eq(hourRollups.appId, appId),
          version === undefined ? undefined : eq(versionCode, version),
          runtime === undefined ? undefined : eq(runtimeKind, runtime),
          // A label's text has no comma in it.
          ...partsOfLabels(asked).map((part) => sql`strpos(',' || ${labels} || ',', ${`,${part},`}) > 0`),
          gte(hour, last?.at ?? new Date(fromMs)),
          last === null
            ? undefined
            : sql`(${hour}, ${versionCode}, ${runtimeKind}, ${labels}) > (${last.at.toISOString()}::timestamptz, ${last.versionCode}, ${last.runtimeKind}, ${last.labels})`,
        ),
      )
      .orderBy(hour, versionCode, runtimeKind, labels)
      .limit(ROWS_A_PAGE),
  );
}

const partsOfLabels = (labels: Labels = {}): string[] =>
  labelsKey(labels)
    .split(",")
    .filter((part) => part !== "");

/** Devices whose labels one statement looks up. */
const DEVICES_AT_ONCE = 500;

/** Of what is not folded yet that of these alone, as it will be folded. */
export async function minutesOf(
  db: Database,
  all: readonly LiveMinute[],
  whose: Whose,
): Promise<readonly LiveMinute[]> {
  const { version } = whose;
  const minutes = version === undefined ? all : all.filter(({ versionCode }) => versionCode === version);
  if (!isByHour(whose)) return minutes;
  const { id, labels, runtimeKind } = deviceTable;
  const devices = new Map<string, { parts: readonly string[]; kind: string }>();
  for (const some of partsOf([...new Set(minutes.map(({ deviceId }) => deviceId))], DEVICES_AT_ONCE)) {
    const rows = await db.select({ id, labels, runtimeKind }).from(deviceTable).where(inArray(id, some));
    for (const row of rows) devices.set(row.id, { parts: partsOfLabels(row.labels), kind: row.runtimeKind });
  }
  const wanted = partsOfLabels(whose.labels);
  return minutes.filter(({ deviceId, runtimeKind: told }) => {
    const device = devices.get(deviceId);
    if (device === undefined) return false;
    const isOfKind = whose.runtime === undefined || (told ?? device.kind) === whose.runtime;
    return isOfKind && wanted.every((part) => device.parts.includes(part));
  });
}

type Numbers = Pick<MinuteNumbers, (typeof COUNTED)[number] | (typeof GREATEST)[number]>;

function addNumbers({ counted, greatest }: Span, numbers: Numbers, isLate: boolean): void {
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

/** Which of the wanted a kind of runtime measured, to add to. */
function toldOf({ told }: Span, kind: string): Set<Measured> {
  const names = told.get(kind) ?? new Set();
  told.set(kind, names);
  return names;
}

type Row = Numbers & { runtimeKind?: string; histograms: Uint8Array; devices: Uint8Array };

function addRow(span: Span, row: Row, wanted: Asked["wanted"]) {
  addNumbers(span, row, false);
  span.devices.addPacked(row.devices);
  const reader = createVarintReader(row.histograms);
  const last = Math.max(...wanted.map((name) => IN_HISTOGRAMS.indexOf(name)));
  for (const name of IN_HISTOGRAMS.slice(0, last + 1)) {
    if (reader.isAtEnd()) break;
    const histogram = readHistogram(reader);
    if (!wanted.includes(name)) continue;
    addHistogram(histogramOf(span, name), histogram);
    if (row.runtimeKind !== undefined && histogram.size > 0) toldOf(span, row.runtimeKind).add(name);
  }
}

/** As it will be folded: of a late one the counters alone. */
function addMinute(
  span: Span,
  { late, numbers, deviceId }: LiveMinute,
  wanted: Asked["wanted"],
  runtimeKind: string | null,
): void {
  addNumbers(span, numbers, late > 0);
  if (late > 0) return;
  span.devices.addDevice(deviceId);
  for (const name of wanted) {
    const value = numbers[name];
    if (value === null) continue;
    enter(histogramOf(span, name), value);
    if (runtimeKind !== null) toldOf(span, runtimeKind).add(name);
  }
}

/** What is counted of a program in 24 h, and what of it was blocked in each of so many days. */
export type Traffic = { devices: number; requests: number; blocked: number; blockedByDay: readonly number[] };

/** Programs whose last day one statement adds up. */
const PROGRAMS_AT_ONCE = 100;

/** Traffic of these programs, by app id, in 24 h as `startOf` has them; the last day (UTC) is the one under way. */
export async function readTraffic(
  db: Database,
  appIds: readonly string[],
  days: number,
  nowMs: number,
): Promise<Map<string, Traffic>> {
  const firstDay = Math.floor(nowMs / DAY_MS) - days + 1;
  const fromMs = startOf("24h", nowMs);
  const found = new Map(
    appIds.map((appId) => [
      appId,
      { devices: createDeviceCount(), requests: 0, blocked: 0, blockedByDay: new Array<number>(days).fill(0) },
    ]),
  );
  const add = (appId: string, day: number, blockedThatDay: number, of24h: { requests: number; blocked: number }) => {
    const own = found.get(appId);
    if (own === undefined) return undefined;
    const nth = Math.min(days - 1, day - firstDay);
    if (nth >= 0) own.blockedByDay[nth] = addSaturating(own.blockedByDay[nth] ?? 0, blockedThatDay);
    own.requests = addSaturating(own.requests, of24h.requests);
    own.blocked = addSaturating(own.blocked, of24h.blocked);
    return own.devices;
  };
  // First, as everywhere: what is folded in between is told twice for once, and never not at all.
  for (const { appId: id, hourMs, deviceId, ...told } of await sumLive(db, appIds)) {
    const isLately = hourMs >= fromMs;
    const count = add(id, Math.floor(hourMs / DAY_MS), told.blocked, isLately ? told : { requests: 0, blocked: 0 });
    if (isLately) count?.addDevice(deviceId);
  }
  const { appId, requests, blocked, devices, hour } = hourRollups;
  const is24h = gte(hour, new Date(fromMs));
  const sinceMs = Math.min(fromMs, firstDay * DAY_MS);
  await readHoursInParts({ sinceMs, nowMs, rows: "counted" }, async ({ from, to }) => {
    const rows = await db
      .select({
        ...{ appId, day: spansSince1970(hour, DAY_MS / 1000), rows: countWhere(), blockedThatDay: sumOf(blocked) },
        ...{ requests: sumOf(requests, is24h), blocked: sumOf(blocked, is24h) },
        sketches: packedTogether(devices, is24h),
      })
      .from(hourRollups)
      .where(and(inArray(appId, [...appIds]), gte(hour, from), to === null ? undefined : lt(hour, to)))
      .groupBy(appId, sql`2`);
    for (const { appId: id, day, blockedThatDay, sketches, rows: _, ...of24h } of rows) {
      const count = add(id, day, blockedThatDay, of24h);
      if (count !== undefined) addPackedTogether(count, sketches);
    }
    return rows.reduce((sum, row) => sum + row.rows, 0);
  });
  return new Map([...found].map(([id, own]) => [id, { ...own, devices: own.devices.count() }]));
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
  for (const { hourMs, versionCode, deviceId } of await sumLive(db, [appId])) {
    if (hourMs >= fromMs) of(versionCode).addDevice(deviceId);
  }
  const rows = await db
    .select({ version: hourRollups.versionCode, sketches: packedTogether(hourRollups.devices) })
    .from(hourRollups)
    .where(and(eq(hourRollups.appId, appId), gte(hourRollups.hour, new Date(fromMs))))
    .groupBy(hourRollups.versionCode);
  for (const { version, sketches } of rows) addPackedTogether(of(version), sketches);
  return new Map([...counts].map(([version, count]) => [version, count.count()]));
}

/**
 * SQL: requests and blocked requests of every program in 24 h, as `day(app_id, requests, blocked)`, to order programs by:
 * the very sums that `readTraffic` tells.
 */
export async function trafficOfAll(db: Database, nowMs: number): Promise<SQL> {
  const fromMs = startOf("24h", nowMs);
  const known = await db.select({ appId: programs.appId }).from(programs);
  const sums = new Map<string, { requests: number; blocked: number }>();
  const add = (appId: string, { requests, blocked }: { requests: number; blocked: number }) => {
    const own = sums.get(appId) ?? { requests: 0, blocked: 0 };
    sums.set(appId, {
      requests: addSaturating(own.requests, requests),
      blocked: addSaturating(own.blocked, blocked),
    });
  };
  const { appId, requests, blocked, hour } = hourRollups;
  // First, as everywhere.
  for (const told of await sumLive(db, null)) if (told.hourMs >= fromMs) add(told.appId, told);
  for (const some of partsOf(known, PROGRAMS_AT_ONCE)) {
    const appIds = some.map((program) => program.appId);
    const rows = await db
      .select({ appId, requests: sumOf(requests), blocked: sumOf(blocked) })
      .from(hourRollups)
      .where(and(inArray(appId, appIds), gte(hour, new Date(fromMs))))
      .groupBy(appId);
    for (const row of rows) add(row.appId, row);
  }
  const told = JSON.stringify([...sums].map(([app_id, sum]) => ({ app_id, ...sum })));
  return sql`jsonb_to_recordset(${told}::jsonb) as day(app_id text, requests numeric, blocked numeric)`;
}
