import { and, between, type SQL, sql } from "drizzle-orm";
import { type DetailKind, detailDays, hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { isAnyOf, putRows, putting } from "@/db/write-rows";
import { mergeSketches, packSketch, sketchOf, unpackSketch } from "@/lib/domain/measures/device-sketch";
import { addHistogram, type Histogram, packHistogram, unpackHistogram } from "@/lib/domain/measures/histogram";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/other";
import {
  type About,
  aboutOf,
  callsBucket,
  type DetailCounts,
  eachDetail,
  holdCounts,
  isAbout,
  isHeldBack,
  type MinuteLists,
  ofKinds,
  smaller,
  sumOf,
} from "./details-of-minute";
import { type NamedHosts, namedBy, readNamedHosts } from "./named-by-policy";

/** Names of one kind that a program may have on a day before it is folded: past them only what the policy names is told apart. */
export const NAMES_A_DAY = 2_000;
/** The same of names that a block names: a device can make up any number of them. Those that rules name are as many as there are. */
const BLOCKED_NAMES_A_DAY = 2 * NAMES_A_DAY;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type DetailRow = typeof hourDetails.$inferSelect;
export const DETAIL_KEY = ["appId", "kind", "name", "hour", "versionCode", "programRevision"] as const;
export const detailKeyOf = (row: Pick<DetailRow, (typeof DETAIL_KEY)[number]>): string =>
  JSON.stringify(DETAIL_KEY.map((name) => row[name]));

/** What one increment says of hosts, APIs, causes and limits, and whose it is. */
export type MinuteDetails = {
  appId: string;
  versionCode: number;
  programRevision: number;
  at: Date;
  /** Of how many increments after its 48 hours it tells: they are in the counters and in nothing else. */
  late: number;
  /** Of its device. */
  hash: number;
  lists: MinuteLists;
  /** Of all that it counts, how much there is room for in its minute; where that is not all. */
  room?: number | undefined;
};

/** What increments say of one name in one hour, of one version and revision. */
export type Adding = { row: DetailRow; hashes: Set<number>; histogram: Histogram };

/** What increments say together, each name of an hour, version and revision once; and how much each of them counts in all. */
export function gatherDetails(increments: readonly MinuteDetails[]): { adding: Adding[]; sums: number[] } {
  const places = new Map<string, Record<DetailKind, Map<string, Adding>>>();
  const adding: Adding[] = [];
  const sums = increments.map((increment) => {
    const { appId, versionCode, programRevision, at, lists } = increment;
    const place = `${appId} ${versionCode} ${programRevision} ${Math.floor(at.getTime() / HOUR_MS)}`;
    const there = places.get(place) ?? ofKinds(() => new Map<string, Adding>());
    places.set(place, there);
    let [sum, room] = [0, increment.room];
    eachDetail(lists, (kind, name, told, source) => {
      let counts = told;
      if (room !== undefined) ({ held: counts, left: room } = holdCounts(told, room));
      sum = addSaturating(sum, sumOf(counts));
      let known = there[kind].get(name);
      if (known === undefined) {
        known = toAdding(increment, kind, name, aboutOf(kind, source));
        there[kind].set(name, known);
        adding.push(known);
      } else if (kind === "cause" && source !== null && !isAbout(known.row.about, source)) {
        known.row.about = smaller(known.row.about, aboutOf(kind, source));
      }
      enterDetail(known, increment, counts);
    });
    return sum;
  });
  return { adding, sums };
}

/** The statements that write what details come to, and the rows that they add to. */
export type DetailWrites = {
  statements: SQL[];
  told: readonly Pick<DetailRow, (typeof DETAIL_KEY)[number]>[];
};

/**
 * What gathered details come to with what the hours' rows have, ready to be written: nobody else may have folded until it is. What has a
 * row there already needs no leave; what is new that day may fall under `~other`.
 */
export async function prepareDetails(db: Database, adding: readonly Adding[]): Promise<DetailWrites> {
  if (adding.length === 0) return { statements: [], told: [] };
  const known = await readDetails(
    db,
    adding.map(({ row }) => row),
  );
  const isThere = ({ row }: Adding) => known.has(detailKeyOf(row));
  const told = new Map<string, Adding>();
  for (const one of adding) if (isThere(one)) addTo(told, one);
  const added = adding.filter((one) => !isThere(one));
  const under = await underOther(db, added);
  for (const one of under.adding) addTo(told, one);
  const rows = [...told.values()].map(({ row, hashes, histogram }) => {
    return { ...row, histogram: packHistogram(histogram), devices: packSketch(sketchOf(hashes)) };
  });
  const others = rows.filter((row) => row.name === OTHER && !known.has(detailKeyOf(row)));
  for (const [key, row] of await readDetails(db, others)) known.set(key, row);
  const days = under.days.length === 0 ? [] : [putting(detailDays, under.days)];
  return { statements: [...days, putting(hourDetails, addedTo(rows, known))], told: rows };
}

function toAdding(
  { appId, versionCode, programRevision, at }: MinuteDetails,
  kind: DetailKind,
  name: string,
  about: About,
): Adding {
  return {
    row: {
      ...{ appId, versionCode, programRevision, kind, name, about },
      hour: new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS),
      ...{ allowed: 0, refused: 0, throttledMs: 0, evicted: 0, late: 0, firstAt: at, lastAt: at },
      // Made when all of them are together.
      ...{ histogram: new Uint8Array(), devices: new Uint8Array() },
    },
    hashes: new Set(),
    histogram: new Map(),
  };
}

function enterDetail({ row, hashes, histogram }: Adding, { at, late, hash }: MinuteDetails, told: DetailCounts): void {
  row.allowed = addSaturating(row.allowed, told.allowed);
  row.refused = addSaturating(row.refused, told.refused);
  row.throttledMs = addSaturating(row.throttledMs, told.throttledMs);
  row.evicted = addSaturating(row.evicted, told.evicted);
  if (at < row.firstAt) row.firstAt = at;
  if (at > row.lastAt) row.lastAt = at;
  if (late > 0) {
    row.late = addSaturating(row.late, late);
    return;
  }
  if (row.kind !== "limit" || isHeldBack(told)) hashes.add(hash);
  const bucket = callsBucket(told);
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
}

function addTo(to: Map<string, Adding>, more: Adding): void {
  const key = detailKeyOf(more.row);
  const known = to.get(key);
  if (known === undefined) {
    to.set(key, more);
    return;
  }
  addCounts(known.row, more.row);
  for (const hash of more.hashes) known.hashes.add(hash);
  addHistogram(known.histogram, more.histogram);
}

type DayRow = typeof detailDays.$inferSelect;
const dayOf = ({ hour }: { hour: Date }): number => Math.floor(hour.getTime() / DAY_MS);
const dayKey = (appId: string, day: number): string => `${appId} ${day}`;

/**
 * Puts under `~other` what no policy names and has no row of its own that day, where the day is folded already or has as many names
 * as it may have. Answers with the days whose names are more then, too.
 */
async function underOther(db: Database, adding: readonly Adding[]): Promise<{ adding: Adding[]; days: DayRow[] }> {
  if (adding.length === 0) return { adding: [], days: [] };
  const days = await readDays(db, adding);
  const known = await knownNames(db, adding);
  const named = new Map<string, NamedHosts>();
  const told = new Map<string, Adding>();
  const changed = new Set<DayRow>();
  for (const one of adding) {
    const { appId, kind, name } = one.row;
    const day = days.get(dayKey(appId, dayOf(one.row)));
    const text = JSON.stringify([appId, dayOf(one.row), kind, name]);
    if (name !== OTHER && !known.has(text) && day !== undefined) {
      const count = day.names[kind] ?? 0;
      if (day.isFolded || count >= NAMES_A_DAY) {
        const hosts = named.get(appId) ?? (await readNamedHosts(db, appId));
        named.set(appId, hosts);
        const by = namedBy(hosts, one.row);
        if (by === null || (by === "block" && count >= BLOCKED_NAMES_A_DAY)) {
          addTo(told, { ...one, row: { ...one.row, name: OTHER, about: null } });
          continue;
        }
      }
      day.names = { ...day.names, [kind]: count + 1 };
      changed.add(day);
      known.add(text);
    }
    addTo(told, one);
  }
  return { adding: [...told.values()], days: [...changed] };
}

async function readDays(db: Database, adding: readonly Adding[]): Promise<Map<string, DayRow>> {
  const days = new Map<string, DayRow>();
  for (const { row } of adding) {
    const day = instantOf(dayOf(row));
    days.set(dayKey(row.appId, dayOf(row)), { appId: row.appId, day, names: {}, isFolded: false });
  }
  const rows = await db
    .select()
    .from(detailDays)
    .where(isAnyOf(detailDays, ["appId", "day"], [...days.values()]));
  for (const row of rows) days.set(dayKey(row.appId, row.day.getTime() / DAY_MS), row);
  return days;
}

/** Which of these names have rows of their own on their day. */
async function knownNames(db: Database, adding: readonly Adding[]): Promise<Set<string>> {
  const days = adding.map(({ row }) => dayOf(row));
  const [first, last] = [Math.min(...days), Math.max(...days) + 1];
  const names = adding.map(({ row: { appId, kind, name } }) => ({ appId, kind, name }));
  const rows = await db
    .selectDistinct({
      appId: hourDetails.appId,
      kind: hourDetails.kind,
      name: hourDetails.name,
      day: sql<number>`floor(extract(epoch from ${hourDetails.hour}) / 86400)`.mapWith(Number),
    })
    .from(hourDetails)
    .where(
      and(
        between(hourDetails.hour, instantOf(first), instantOf(last)),
        isAnyOf(hourDetails, ["appId", "kind", "name"], names),
      ),
    );
  return new Set(rows.map(({ appId, kind, name, day }) => JSON.stringify([appId, day, kind, name])));
}

const instantOf = (day: number): Date => new Date(day * DAY_MS);

/** Those of these rows that are there, by key. */
async function readDetails(
  db: Database,
  rows: readonly Pick<DetailRow, (typeof DETAIL_KEY)[number]>[],
): Promise<Map<string, DetailRow>> {
  if (rows.length === 0) return new Map();
  const hours = rows.map(({ hour }) => hour.getTime()).sort((a, b) => a - b);
  const range = [new Date(hours[0] ?? 0), new Date(hours.at(-1) ?? 0)] as const;
  const found = await db
    .select()
    .from(hourDetails)
    .where(and(between(hourDetails.hour, ...range), isAnyOf(hourDetails, DETAIL_KEY, rows)));
  return new Map(found.map((row) => [detailKeyOf(row), row]));
}

/** Adds rows to those that have the same key; each key stands once among them. Whoever calls holds the lock of folding. */
export async function putDetails(db: Database, rows: readonly DetailRow[]): Promise<void> {
  if (rows.length > 0) await putRows(db, hourDetails, addedTo(rows, await readDetails(db, rows)));
}

const addedTo = (rows: readonly DetailRow[], known: ReadonlyMap<string, DetailRow>): DetailRow[] =>
  rows.map((row) => {
    const stored = known.get(detailKeyOf(row));
    return stored === undefined ? row : addRows(stored, row);
  });

type Counts = Pick<
  DetailRow,
  "allowed" | "refused" | "throttledMs" | "evicted" | "late" | "firstAt" | "lastAt" | "about"
>;

/** Adds them up, in place. */
function addCounts(to: Counts, more: Counts): void {
  to.allowed = addSaturating(to.allowed, more.allowed);
  to.refused = addSaturating(to.refused, more.refused);
  to.throttledMs = addSaturating(to.throttledMs, more.throttledMs);
  to.evicted = addSaturating(to.evicted, more.evicted);
  to.late = addSaturating(to.late, more.late);
  if (more.firstAt < to.firstAt) to.firstAt = more.firstAt;
  if (more.lastAt > to.lastAt) to.lastAt = more.lastAt;
  to.about = smaller(to.about, more.about);
}

/** What two rows of one key, or of two names that are counted together, are as one. */
export function addRows(a: DetailRow, b: DetailRow): DetailRow {
  const histogram = unpackHistogram(a.histogram);
  addHistogram(histogram, unpackHistogram(b.histogram));
  const devices = mergeSketches(unpackSketch(a.devices), unpackSketch(b.devices));
  const sum = { ...a, histogram: packHistogram(histogram), devices: packSketch(devices) };
  addCounts(sum, b);
  return sum;
}
