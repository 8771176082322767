import { and, asc, between, count, inArray, lte, min, type SQL, sql } from "drizzle-orm";
import { readLastCounted } from "@/db/figures/last-counted";
import { type MeasureColumns, measuresOf, toMeasureColumns } from "@/db/measures";
import { keepDays, type Partitioned, writeDays } from "@/db/partitions";
import { readRows } from "@/db/read-rows";
import { deviceMinutes, devices, fleetMinutes, hourRollups, lateMinutes, telemetryMinutes } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import { storedBytes, sumBefore, textBytes } from "@/db/within-bytes";
import { isAnyOf, putting } from "@/db/write-rows";
import { labelsKey } from "@/lib/domain/labels";
import { hashDevice } from "@/lib/domain/measures/device-sketch";
import {
  enterLate,
  enterMinutes,
  growth,
  type MinuteNumbers,
  noMeasures,
  noNumbers,
} from "@/lib/domain/measures/measures";
import { PLAUSIBLE } from "@/native/core/telemetry/plausible";
import { type Adding, gatherDetails, prepareDetails } from "./add-details";
import {
  addToMinute,
  incrementOf,
  type KnownMinute,
  lateOfRow,
  minuteOfRow,
  toLateRow,
  toMinuteRow,
} from "./add-to-minute";
import { foldAroundRows } from "./fold-around-rows";
import { type FoldContext, takeFoldLock } from "./fold-lock";
import type { MinuteRow } from "./held-minute";
import {
  causeKeyOf,
  countThrough,
  noteSightings,
  readMends,
  readSightings,
  type Sighting,
  type ToldOfDenials,
} from "./note-denials";
import { type ClampedVersion, recordOwnEvents } from "./own-events";
import { type Numbering, numberingIn, numberingOf, numberSources, type SourceKey } from "./sources";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How long after its end a minute is folded: devices report each minute, each at a moment of its own, so that by then all
 * increments of the minute are here and it is written once. Whatever comes later is added to it.
 */
const SETTLED_AFTER_MS = 75_000;
/** Bytes of lists that a turn takes, about: one increment has a MiB at most. */
const LISTS_BYTES = 4 * 2 ** 20;
/**
 * Programs of a turn at most: each has rows of its own in every roll-up, and costs as much as a few increments. An embedded store does nothing
 * else meanwhile.
 */
export const PROGRAMS_MOST = { pglite: 10, postgres: 1_000 } as const satisfies Record<Store["kind"], number>;
/** Among how many times as many increments as it takes a turn looks for programs. */
const LOOKED_AT = 4;
/** What late increments are in too, and what they never are in: theirs are days that were dropped. */
const HOURS = ["hour_rollups", "hour_details"] as const satisfies Partitioned[];
const MINUTES = ["device_minutes", "fleet_minutes"] as const satisfies Partitioned[];

/** An increment that waits, with whom it is of and how much its lists and limits count in all. */
type Told = { row: MinuteRow; source: SourceKey; hash: number; sum: number };

/** How many increments a turn took, and how long its transaction had the database, without what it waited for that. */
export type FoldWork = { rows: number; heldMs: number };

/**
 * Adds what was told of minutes that are over to device-minutes that are kept, and those to fleet-minutes and roll-ups: one turn of
 * at most so many increments, and of few MiB of lists but for one increment alone, in one transaction that also takes them away, so that each is counted once wherever a process ends.
 * What a device told that was revoked meanwhile is taken away alone. Null where none is due, or another process folds. What waits is never
 * written again, so that it is read and unpacked before anything is locked, and no row of a device is. An increment that fails alone is
 * put aside; what fails with others raises `RowsFailed`.
 */
export async function foldMinutes(
  store: Store,
  ctx: FoldContext,
  most: number,
  mayTryAgain = true,
): Promise<FoldWork | null> {
  const [first, ...others] = await readDue(store, new Date(ctx.clock.nowMs() - MINUTE_MS - SETTLED_AFTER_MS), most);
  if (first === undefined) return null;
  const rows = [first, ...others] as const;
  const work = await foldAroundRows(store, ctx, rows, () => foldRows(store, ctx, rows));
  // Of an embedded store no other process folds: a job of this one counted in between, and much may be due still.
  if (work === null && store.kind === "pglite" && mayTryAgain) return await foldMinutes(store, ctx, most, false);
  return work === "aside" ? { rows: 1, heldMs: 0 } : work;
}

async function foldRows(store: Store, ctx: FoldContext, rows: readonly MinuteRow[]): Promise<FoldWork | null> {
  const told = await readTold(store.db, rows);
  const { adding, sums } = gatherDetails(told.map((one) => toDetails(one)));
  for (const [index, one] of told.entries()) one.sum = sums[index] ?? 0;
  await keepDaysOf(store, ctx, rows);
  try {
    return await (store.kind === "pglite"
      ? writeReady(store, ctx, rows, told, adding)
      : foldLocked(store, ctx, rows, told, adding));
  } catch (error) {
    if (error instanceof FoldedElsewhere) return null;
    throw error;
  }
}

/**
 * An embedded store does nothing else while it has a transaction: all is read and made ready before, and what was read is what
 * is there where nobody has folded since.
 */
async function writeReady(
  store: Store,
  ctx: FoldContext,
  rows: readonly MinuteRow[],
  told: readonly Told[],
  adding: readonly Adding[],
): Promise<FoldWork> {
  const last = await readLastCounted(store.db);
  const ready = await prepareTold(numberingOf(store), told, adding);
  return await writeTurn(store, rows, async (tx) => {
    const [isMine] = await Promise.all([
      takeFoldLock(tx.db, store.kind, last),
      takeAway(tx.db, rows),
      writeTold(tx, ctx, ready),
    ]);
    if (!isMine) throw new FoldedElsewhere();
  });
}

/** One transaction that takes increments in. */
async function writeTurn(
  store: Store,
  rows: readonly MinuteRow[],
  work: (tx: Transaction) => Promise<void>,
): Promise<FoldWork> {
  let heldMs = 0;
  await writeDays(store, async (tx) => {
    tx.onHeld((ms) => {
      heldMs = ms;
    });
    await work(tx);
  });
  return { rows: rows.length, heldMs };
}

/** On Postgres others go on meanwhile, and what is read behind the lock of folding is what is there. */
async function foldLocked(
  store: Store,
  ctx: FoldContext,
  rows: readonly MinuteRow[],
  told: readonly Told[],
  adding: readonly Adding[],
): Promise<FoldWork> {
  return await writeTurn(store, rows, async (tx) => {
    if (!(await takeFoldLock(tx.db, store.kind))) throw new FoldedElsewhere();
    await takeAway(tx.db, rows);
    await writeTold(tx, ctx, await prepareTold(numberingIn(tx), told, adding));
  });
}

/** Takes increments away, so that each is counted once. */
async function takeAway(db: Database, rows: readonly MinuteRow[]): Promise<void> {
  const { id } = telemetryMinutes;
  const gone = await db
    .delete(telemetryMinutes)
    .where(isAnyOf(telemetryMinutes, ["at", "id"], rows))
    .returning({ id });
  if (gone.length !== rows.length) throw new FoldedElsewhere();
}

/**
 * What was told of minutes up to `until`, the oldest first, of as few programs as there may be: each program has rows of its own in
 * roll-ups, which a turn reads and writes. However much waits, it looks at the oldest few times as many alone.
 */
async function readDue({ db, kind }: Store, until: Date, most: number): Promise<MinuteRow[]> {
  const { at, id, appId, apis, hosts, denials, limits } = telemetryMinutes;
  const oldest = db
    .select()
    .from(telemetryMinutes)
    .where(lte(at, until))
    .orderBy(asc(at), asc(id))
    .limit(most * LOOKED_AT)
    .as("telemetry_minutes");
  const programs = await db
    .select({ appId: oldest.appId, waiting: count() })
    .from(oldest)
    .groupBy(oldest.appId)
    .orderBy(asc(min(oldest.at)), asc(oldest.appId));
  let sum = 0;
  const chosen: string[] = [];
  for (const program of programs) {
    if (sum >= most || chosen.length === PROGRAMS_MOST[kind]) break;
    chosen.push(program.appId);
    sum += program.waiting;
  }
  if (chosen.length === 0) return [];
  const [lists, order] = [[apis, hosts, denials, limits], sql`${at}, ${id}`];
  const taken = sql`(select *, ${sumBefore(storedBytes(lists), order)} as stored_before from ${oldest}
    where ${inArray(appId, chosen)} order by ${order} limit ${most}) as telemetry_minutes`;
  const unpacked = sql`(select *, ${sumBefore(textBytes(lists), order)} as text_before from ${taken}
    where stored_before < ${LISTS_BYTES}) as telemetry_minutes`;
  return await readRows(db, telemetryMinutes, sql`where text_before < ${LISTS_BYTES} order by ${order}`, unpacked);
}

/** Another process folded some of it between its reading and the lock. */
class FoldedElsewhere extends Error {}

async function keepDaysOf(store: Store, { clock }: FoldContext, rows: readonly MinuteRow[]): Promise<void> {
  const timesOf = (some: readonly MinuteRow[]) => some.map((row) => row.at.getTime());
  const inTime = timesOf(rows.filter(({ late }) => late === 0));
  for (const relation of HOURS) await keepDays(store, relation, timesOf(rows));
  for (const relation of MINUTES) await keepDays(store, relation, inTime);
  await keepDays(store, "late_minutes", timesOf(rows.filter(({ late }) => late > 0)));
  await keepDays(store, "events", [clock.nowMs()]);
}

/** Of devices that are known and not revoked. Rows of before the runtime was kept are of the one that their device has. */
async function readTold(db: Database, rows: readonly MinuteRow[]): Promise<Told[]> {
  const { id, labels, runtimeKind, revokedAt } = devices;
  const ids = [...new Set(rows.map(({ deviceId }) => deviceId))];
  const known = await db.select({ id, labels, runtimeKind, revokedAt }).from(devices).where(inArray(id, ids));
  const from = new Map(
    known.flatMap((device) => {
      if (device.revokedAt !== null) return [];
      const { runtimeKind: kind } = device;
      return [[device.id, { labels: labelsKey(device.labels), kind, hash: hashDevice(device.id) }] as const];
    }),
  );
  return rows.flatMap((row): Told[] => {
    const device = from.get(row.deviceId);
    if (device === undefined) return [];
    const { deviceId, appId, versionCode } = row;
    const source = { deviceId, appId, versionCode, labels: device.labels, runtimeKind: row.runtimeKind ?? device.kind };
    return [{ row, source, hash: device.hash, sum: 0 }];
  });
}

const toDetails = ({ row, hash }: Told, room?: number) => ({
  ...{ appId: row.appId, versionCode: row.versionCode, at: row.at, late: row.late, hash, lists: row, room },
  programRevision: row.appliedProgram ?? 0,
});

function toDenials({ row, source }: Told, room: number | undefined): ToldOfDenials {
  const { appId, versionCode, runtimeKind } = source;
  const { applied } = incrementOf(row);
  const position = (revision: number) => ({ epoch: applied?.epoch ?? 0, revision });
  return {
    ...{ appId, versionCode, runtimeKind, at: row.at, lists: row, room },
    applied:
      applied === undefined ? null : { platform: position(applied.platform), program: position(applied.program) },
  };
}

/** All that a turn writes beside taking its increments away: statements as they are run, and what is counted of denials. */
type Ready = { statements: SQL[]; sightings: Sighting[]; ofDenials: ToldOfDenials[]; minutes: Grown[] };

async function prepareTold(numbering: Numbering, told: readonly Told[], gathered: readonly Adding[]): Promise<Ready> {
  if (told.length === 0) return { statements: [], sightings: [], ofDenials: [], minutes: [] };
  const { db } = numbering;
  const number = await numberSources(
    numbering,
    told.map(({ source }) => source),
  );
  const inTime = byMinute(
    told.filter(({ row }) => row.late === 0),
    number,
  );
  const afterwards = byMinute(
    told.filter(({ row }) => row.late > 0),
    number,
  );
  const grown = await growMinutes(db, inTime);
  const late = await growLate(db, afterwards);
  const rollUps = [
    putMinutes(grown),
    putLate(late),
    await prepareFleet(db, grown),
    await prepareHours(db, grown, late),
  ];
  const minutes = [...grown, ...late];
  const room = new Map(minutes.flatMap((minute) => minute.room));
  const held = room.size === 0 ? gathered : gatherDetails(told.map((one) => toDetails(one, room.get(one)))).adding;
  const details = await prepareDetails(db, held);
  const apart = details.told.filter(({ kind }) => kind === "cause").map(({ appId, name }) => causeKeyOf(appId, name));
  const ofDenials = told.map((one) => toDenials(one, room.get(one)));
  const sightings = await readSightings(db, ofDenials, new Set(apart));
  return { statements: [...rollUps.flat(), ...details.statements], sightings, ofDenials, minutes };
}

async function writeTold(
  tx: Transaction,
  ctx: FoldContext,
  { statements, sightings, ofDenials, minutes }: Ready,
): Promise<void> {
  const [mends] = await Promise.all([
    readMends(tx.db, ofDenials),
    ...statements.map((statement) => tx.db.execute(statement)),
    noteSightings(tx.db, sightings),
  ]);
  const through = await countThrough(tx.db, mends, ofDenials);
  if (through.length > 0) tx.announce({ topic: "denials", appIds: through });
  await recordClamped(tx, ctx, minutes);
}

/** All that waits of one device-minute. */
type Waiting = { number: number; at: Date; first: Told; told: Told[] };

const minuteKey = (number: number, at: Date) => `${number} ${at.getTime()}`;

function byMinute(told: readonly Told[], number: (source: SourceKey) => number): Map<string, Waiting> {
  const minutes = new Map<string, Waiting>();
  for (const one of told) {
    const of = number(one.source);
    const key = minuteKey(of, one.row.at);
    const known = minutes.get(key);
    if (known === undefined) minutes.set(key, { number: of, at: one.row.at, first: one, told: [one] });
    else known.told.push(one);
  }
  return minutes;
}

/** A device-minute as it was before this turn, null where it is new, and as it is. */
type Grown = Pick<Waiting, "number" | "at"> & {
  source: SourceKey;
  hash: number;
  before: MinuteNumbers | null;
  minute: KnownMinute;
  numbers: MinuteNumbers;
  /** Increments told of late. */
  late: number;
  clamped: ClampedVersion[];
  /** Increments for whose lists there was no room for all, and how much there was. */
  room: [Told, number][];
};

function grow({ number, at, first, told }: Waiting, known: KnownMinute | null): Grown {
  const { source, hash } = first;
  const { appId, versionCode } = source;
  const grown: Grown = {
    ...{ number, at, source, hash, before: known?.numbers ?? null, late: 0, clamped: [], room: [] },
    ...{ minute: known ?? { numbers: noNumbers(), applied: undefined, detailed: 0 }, numbers: noNumbers() },
  };
  const bound = PLAUSIBLE.detailed.most;
  for (const one of told) {
    const added = addToMinute(grown.minute, incrementOf(one.row));
    const seen = added.minute.detailed + one.sum;
    grown.minute = { ...added.minute, detailed: Math.min(seen, bound) };
    grown.late += one.row.late;
    for (const beyond of added.clamped) grown.clamped.push({ ...beyond, appId, versionCode });
    if (seen <= bound) continue;
    grown.clamped.push({ counter: "detailed", seen, bound, appId, versionCode });
    grown.room.push([one, bound - added.minute.detailed]);
  }
  grown.numbers = grown.minute.numbers;
  return grown;
}

async function growMinutes(db: Database, waiting: ReadonlyMap<string, Waiting>): Promise<Grown[]> {
  if (waiting.size === 0) return [];
  const keys = [...waiting.values()].map(({ number: source, at }) => ({ source, at }));
  const stored = await db
    .select()
    .from(deviceMinutes)
    .where(and(between(deviceMinutes.at, ...rangeOf(keys)), isAnyOf(deviceMinutes, ["source", "at"], keys)));
  const known = new Map(stored.map((row) => [minuteKey(row.source, row.at), minuteOfRow(row)]));
  return [...waiting].map(([key, minute]) => grow(minute, known.get(key) ?? null));
}

function putMinutes(grown: readonly Grown[]): SQL[] {
  if (grown.length === 0) return [];
  const rows = grown.map(({ number, at, minute }) => toMinuteRow(number, at, minute));
  return [putting(deviceMinutes, rows)];
}

async function growLate(db: Database, waiting: ReadonlyMap<string, Waiting>): Promise<Grown[]> {
  if (waiting.size === 0) return [];
  const keys = [...waiting.values()].map(({ number: source, at }) => ({ source, at }));
  const stored = await db
    .select()
    .from(lateMinutes)
    .where(and(between(lateMinutes.at, ...rangeOf(keys)), isAnyOf(lateMinutes, ["source", "at"], keys)));
  const known = new Map(stored.map((row) => [minuteKey(row.source, row.at), lateOfRow(row)]));
  return [...waiting].map(([key, minute]) => grow(minute, known.get(key) ?? null));
}

function putLate(late: readonly Grown[]): SQL[] {
  if (late.length === 0) return [];
  const rows = late.map(({ number, at, minute }) => toLateRow(number, at, minute));
  return [putting(lateMinutes, rows)];
}

/** The first and the last instant, so that the database looks at those days alone. */
function rangeOf(of: readonly { at: Date }[]): [Date, Date] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of of) {
    first = Math.min(first, at.getTime());
    last = Math.max(last, at.getTime());
  }
  return [new Date(first), new Date(last)];
}

/** What goes into one row of a roll-up, and the row's key. */
type Entering<Key> = { key: Key; grown: Grown[]; late: Grown[] };

function groupBy<Key>(
  grown: readonly Grown[],
  late: readonly Grown[],
  keyOf: (of: Grown) => Key,
  textOf: (key: Key) => string,
): Entering<Key>[] {
  const groups = new Map<string, Entering<Key>>();
  const groupOf = (of: Grown) => {
    const key = keyOf(of);
    const name = textOf(key);
    const group = groups.get(name) ?? { key, grown: [], late: [] };
    groups.set(name, group);
    return group;
  };
  for (const of of grown) groupOf(of).grown.push(of);
  for (const of of late) groupOf(of).late.push(of);
  return [...groups.values()];
}

/** The columns of a row, with what goes into it. */
function entered(known: MeasureColumns | undefined, { grown, late }: Entering<unknown>): MeasureColumns {
  const measures = known === undefined ? noMeasures() : measuresOf(known);
  enterMinutes(measures, grown);
  for (const { numbers, before, late: increments } of late) {
    const added = before === null ? numbers : { ...numbers, ...growth(numbers, before) };
    enterLate(measures, added, increments);
  }
  return toMeasureColumns(measures);
}

const FLEET_KEY = ["appId", "at", "versionCode"] as const;

async function prepareFleet(db: Database, grown: readonly Grown[]): Promise<SQL[]> {
  if (grown.length === 0) return [];
  type Key = Pick<typeof fleetMinutes.$inferSelect, (typeof FLEET_KEY)[number]>;
  const textOf = ({ appId, at, versionCode }: Key) => `${appId} ${versionCode} ${at.getTime()}`;
  const keyOf = ({ at, source: { appId, versionCode } }: Grown): Key => ({ appId, at, versionCode });
  const groups = groupBy(grown, [], keyOf, textOf);
  const keys = groups.map(({ key }) => key);
  const rows = await db
    .select()
    .from(fleetMinutes)
    .where(and(between(fleetMinutes.at, ...rangeOf(keys)), isAnyOf(fleetMinutes, FLEET_KEY, keys)));
  const known = new Map(rows.map((row) => [textOf(row), row]));
  const entering = groups.map((group) => ({ ...group.key, ...entered(known.get(textOf(group.key)), group) }));
  return [putting(fleetMinutes, entering)];
}

const HOUR_KEY = ["appId", "hour", "versionCode", "runtimeKind", "labels"] as const;

async function prepareHours(db: Database, grown: readonly Grown[], late: readonly Grown[]): Promise<SQL[]> {
  if (grown.length + late.length === 0) return [];
  type Key = Pick<typeof hourRollups.$inferSelect, (typeof HOUR_KEY)[number]>;
  const textOf = (key: Key) => JSON.stringify(HOUR_KEY.map((name) => key[name]));
  const keyOf = ({ at, source: { appId, versionCode, runtimeKind, labels } }: Grown): Key => {
    return { appId, hour: hourOf(at), versionCode, runtimeKind, labels };
  };
  const groups = groupBy(grown, late, keyOf, textOf);
  const keys = groups.map(({ key }) => key);
  const range = rangeOf(keys.map(({ hour: at }) => ({ at })));
  const rows = await db
    .select()
    .from(hourRollups)
    .where(and(between(hourRollups.hour, ...range), isAnyOf(hourRollups, HOUR_KEY, keys)));
  const known = new Map(rows.map((row) => [textOf(row), row]));
  const entering = groups.map((group) => ({ ...group.key, ...entered(known.get(textOf(group.key)), group) }));
  return [putting(hourRollups, entering)];
}

const hourOf = (at: Date): Date => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);

/** Tells of device-minutes that increments together took beyond the plausible (spec 7.10). */
async function recordClamped(tx: Transaction, ctx: FoldContext, minutes: readonly Grown[]): Promise<void> {
  const words = new Map<string, ClampedVersion[]>();
  for (const { source, clamped } of minutes) {
    if (clamped.length > 0) words.set(source.deviceId, [...(words.get(source.deviceId) ?? []), ...clamped]);
  }
  await recordOwnEvents(
    tx,
    ctx,
    [...words].map(([deviceId, clamped]) => ({ deviceId, batchId: null, clamped, evidence: [] })),
  );
}
