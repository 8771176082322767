import { and, between, sql } from "drizzle-orm";
import { detailDays, hourDetails } from "@/db/schema";
import type { Database } from "@/db/store";
import { isAnyOf, putRows } from "@/db/write-rows";
import { mergeSketches, packSketch, sketchOf, unpackSketch } from "@/lib/domain/measures/device-sketch";
import { addHistogram, type Histogram, packHistogram, unpackHistogram } from "@/lib/domain/measures/histogram";
import { addSaturating } from "@/native/core/telemetry/add-saturating";
import { OTHER } from "@/native/core/telemetry/batch";
import { callsBucket, type DetailOfMinute, smaller } from "./details-of-minute";
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

/** What one device-minute says of hosts, APIs, causes and limits, and whose it is. */
export type MinuteDetails = {
  appId: string;
  versionCode: number;
  programRevision: number;
  at: Date;
  /** Increments that were told of after its 48 hours: they are in the counters and in nothing else. */
  late: number;
  /** Of its device. */
  hash: number;
  details: readonly DetailOfMinute[];
};

/** What device-minutes say of one name in one hour, of one version and revision. */
type Adding = { row: DetailRow; hashes: Set<number>; histogram: Histogram };

/** Adds what device-minutes say to the hours' rows. Whoever calls holds the lock of folding. */
export async function addDetails(db: Database, minutes: readonly MinuteDetails[]): Promise<void> {
  const adding = new Map<string, Adding>();
  for (const { details, ...minute } of minutes) {
    const { appId, versionCode, programRevision, at } = minute;
    const place = `${appId} ${versionCode} ${programRevision} ${Math.floor(at.getTime() / HOUR_MS)}`;
    for (const detail of details) {
      const key = `${place} ${detail.kind} ${detail.name}`;
      const known = adding.get(key);
      if (known === undefined) adding.set(key, toAdding(minute, detail));
      else enterDetail(known, minute, detail);
    }
  }
  if (adding.size === 0) return;
  const told = await underOther(db, [...adding.values()]);
  await putDetails(
    db,
    told.map(({ row, hashes, histogram }) => {
      return { ...row, histogram: packHistogram(histogram), devices: packSketch(sketchOf(hashes)) };
    }),
  );
}

function toAdding(minute: Omit<MinuteDetails, "details">, detail: DetailOfMinute): Adding {
  const { appId, versionCode, programRevision, at, late, hash } = minute;
  return {
    row: {
      ...{ appId, versionCode, programRevision, ...detail },
      hour: new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS),
      ...{ late, firstAt: at, lastAt: at },
      // Made when all of them are together.
      ...{ histogram: new Uint8Array(), devices: new Uint8Array() },
    },
    hashes: new Set(late > 0 ? [] : [hash]),
    histogram: new Map(late > 0 ? [] : [[callsBucket(detail), 1]]),
  };
}

/** As if it had been there from the start: of every minute there are dozens, so that none is made a row of its own. */
function enterDetail(to: Adding, { at, late, hash }: Omit<MinuteDetails, "details">, detail: DetailOfMinute): void {
  addCounts(to.row, { ...detail, late, firstAt: at, lastAt: at });
  if (late > 0) return;
  to.hashes.add(hash);
  const bucket = callsBucket(detail);
  to.histogram.set(bucket, (to.histogram.get(bucket) ?? 0) + 1);
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
 * as it may have; counts the names that are new.
 */
async function underOther(db: Database, adding: readonly Adding[]): Promise<Adding[]> {
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
  if (changed.size > 0) await putRows(db, detailDays, [...changed]);
  return [...told.values()];
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

/** Adds rows to those that have the same key; each key stands once among them. */
export async function putDetails(db: Database, rows: readonly DetailRow[]): Promise<void> {
  if (rows.length === 0) return;
  const hours = rows.map(({ hour }) => hour.getTime());
  const range = [new Date(Math.min(...hours)), new Date(Math.max(...hours))] as const;
  const found = await db
    .select()
    .from(hourDetails)
    .where(and(between(hourDetails.hour, ...range), isAnyOf(hourDetails, DETAIL_KEY, rows)));
  const known = new Map(found.map((row) => [detailKeyOf(row), row]));
  await putRows(
    db,
    hourDetails,
    rows.map((row) => {
      const stored = known.get(detailKeyOf(row));
      return stored === undefined ? row : addRows(stored, row);
    }),
  );
}

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
