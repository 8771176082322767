import { and, asc, between, inArray, lte } from "drizzle-orm";
import { type MeasureColumns, measuresOf, toMeasureColumns } from "@/db/measures";
import { keepDays, type Partitioned, writeDays } from "@/db/partitions";
import { deviceMinutes, devices, fleetMinutes, hourRollups, telemetryMinutes } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import { isAnyOf, putRows } from "@/db/write-rows";
import { labelsKey } from "@/lib/domain/labels";
import { hashDevice } from "@/lib/domain/measures/device-sketch";
import { enterLate, enterMinute, type MinuteNumbers, noMeasures, numbersOf } from "@/lib/domain/measures/measures";
import { addDetails, type MinuteDetails } from "./add-details";
import { addToMinute, type KnownMinute, minuteOfRow, toMinuteRow } from "./add-to-minute";
import { detailsOfMinute } from "./details-of-minute";
import { type FoldContext, takeFoldLock } from "./fold-lock";
import { type ClampedVersion, recordOwnEvents } from "./own-events";
import { numberSources, type SourceKey } from "./sources";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How long after its end a minute is folded: devices report each minute, each at a moment of its own, so that by then all
 * increments of the minute are here and it is written once. Whatever comes later is added to it.
 */
const SETTLED_AFTER_MS = 75_000;
/** Of one transaction, so that none holds an embedded store for long. */
const MINUTES_A_TURN = 250;
/** What late increments are in too, and what they never are in: theirs are days that were dropped. */
const HOURS = ["hour_rollups", "hour_details"] as const satisfies Partitioned[];
const MINUTES = ["device_minutes", "fleet_minutes"] as const satisfies Partitioned[];

type Row = typeof telemetryMinutes.$inferSelect;
type Device = typeof devices.$inferSelect;
/** A device-minute that is folded, with whom it is of. */
type Folded = { source: SourceKey; hash: number; row: Row };

/**
 * Adds minutes that are over to device-minutes that are kept, and those to fleet-minutes and roll-ups: one turn, in one
 * transaction that also takes them away, so that each is counted once wherever a process ends. What a device told that was
 * revoked meanwhile is taken away alone. Answers with how many it took; 0 where none is due, or another process folds.
 */
export async function foldMinutes(store: Store, ctx: FoldContext): Promise<number> {
  const { at, deviceId, appId, versionCode, late } = telemetryMinutes;
  const due = await store.db
    .select({ at, deviceId, appId, versionCode, late })
    .from(telemetryMinutes)
    .where(lte(at, new Date(ctx.clock.nowMs() - MINUTE_MS - SETTLED_AFTER_MS)))
    .orderBy(asc(at))
    .limit(MINUTES_A_TURN);
  if (due.length === 0) return 0;
  const timesOf = (rows: typeof due) => rows.map((row) => row.at.getTime());
  const inTime = timesOf(due.filter((row) => row.late === 0));
  for (const relation of HOURS) await keepDays(store, relation, timesOf(due));
  for (const relation of MINUTES) await keepDays(store, relation, inTime);
  await keepDays(store, "events", [ctx.clock.nowMs()]);
  return await writeDays(store, async (tx) => {
    if (!(await takeFoldLock(tx.db))) return 0;
    // Behind the locks of their devices, as batches are: between what a batch reads of a minute and what it writes nothing is taken.
    const ids = [...new Set(due.map((row) => row.deviceId))].sort();
    const of = await tx.db
      .select()
      .from(devices)
      .where(inArray(devices.id, ids))
      .orderBy(asc(devices.id))
      .for("update");
    const isDue = isAnyOf(telemetryMinutes, ["deviceId", "appId", "versionCode", "at"], due);
    const rows = await tx.db.select().from(telemetryMinutes).where(isDue);
    await foldRows(tx, ctx, rows, new Map(of.map((device) => [device.id, device])));
    await tx.db.delete(telemetryMinutes).where(isDue);
    return rows.length;
  });
}

async function foldRows(
  tx: Transaction,
  ctx: FoldContext,
  rows: readonly Row[],
  known: ReadonlyMap<string, Device>,
): Promise<void> {
  const folded = rows.flatMap((row): Folded[] => {
    const device = known.get(row.deviceId);
    if (device === undefined || device.revokedAt !== null) return [];
    return [{ row, source: sourceOf(row, device), hash: hashDevice(row.deviceId) }];
  });
  const late = folded.filter(({ row }) => row.late > 0);
  const grown = await addMinutes(
    tx.db,
    folded.filter(({ row }) => row.late === 0),
  );
  await enterFleet(tx.db, grown);
  await enterHours(tx.db, grown, late);
  await addDetails(tx.db, folded.map(toDetails));
  await recordClamped(tx, ctx, grown, known);
}

/** Rows of before the runtime was kept are of the one that their device has. */
function sourceOf({ deviceId, appId, versionCode, runtimeKind }: Row, device: Device): SourceKey {
  const labels = labelsKey(device.labels);
  return { deviceId, appId, versionCode, labels, runtimeKind: runtimeKind ?? device.runtimeKind };
}

const toDetails = ({ row, hash }: Folded): MinuteDetails => ({
  ...{ appId: row.appId, versionCode: row.versionCode, at: row.at, late: row.late, hash },
  programRevision: row.appliedProgram ?? 0,
  details: detailsOfMinute(row),
});

/** A device-minute as it was before this turn, null where it is new, and as it is. */
type Grown = Folded & {
  before: MinuteNumbers | null;
  numbers: MinuteNumbers;
  clamped: readonly Pick<ClampedVersion, "counter" | "seen" | "bound">[];
};

function minuteOf(row: Row): KnownMinute {
  const { appliedEpoch: epoch, appliedPlatform: platform, appliedProgram: program } = row;
  const isTold = epoch !== null && platform !== null && program !== null;
  return { numbers: numbersOf(row), applied: isTold ? { epoch, platform, program } : undefined };
}

async function addMinutes(db: Database, folded: readonly Folded[]): Promise<Grown[]> {
  if (folded.length === 0) return [];
  const number = await numberSources(
    db,
    folded.map(({ source }) => source),
  );
  const keys = folded.map(({ source, row: { at } }) => ({ source: number(source), at }));
  const stored = await db
    .select()
    .from(deviceMinutes)
    .where(and(between(deviceMinutes.at, ...rangeOf(keys)), isAnyOf(deviceMinutes, ["source", "at"], keys)));
  const keyOf = (source: number, at: Date) => `${source} ${at.getTime()}`;
  const known = new Map(stored.map((row) => [keyOf(row.source, row.at), minuteOfRow(row)]));
  const grown = folded.map((one) => {
    const before = known.get(keyOf(number(one.source), one.row.at)) ?? null;
    const { minute, clamped } = addToMinute(before, minuteOf(one.row));
    return { ...one, before: before?.numbers ?? null, minute, numbers: minute.numbers, clamped };
  });
  await putRows(
    db,
    deviceMinutes,
    grown.map(({ source, row, minute }) => toMinuteRow(number(source), row.at, minute)),
  );
  return grown;
}

/** The first and the last instant, so that the database looks at those days alone. */
function rangeOf(of: readonly { at: Date }[]): [Date, Date] {
  const times = of.map(({ at }) => at.getTime());
  return [new Date(Math.min(...times)), new Date(Math.max(...times))];
}

/** What goes into one row of a roll-up, and the row's key. */
type Entering<Key> = { key: Key; grown: Grown[]; late: Folded[] };

function groupBy<Key>(grown: readonly Grown[], late: readonly Folded[], keyOf: (of: Folded) => Key): Entering<Key>[] {
  const groups = new Map<string, Entering<Key>>();
  const groupOf = (of: Folded) => {
    const key = keyOf(of);
    const name = JSON.stringify(key);
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
  for (const { hash, numbers, before } of grown) enterMinute(measures, hash, numbers, before);
  for (const { row } of late) enterLate(measures, numbersOf(row), row.late);
  return toMeasureColumns(measures);
}

const FLEET_KEY = ["appId", "at", "versionCode"] as const;

async function enterFleet(db: Database, grown: readonly Grown[]): Promise<void> {
  if (grown.length === 0) return;
  const groups = groupBy(grown, [], ({ row: { appId, at, versionCode } }) => ({ appId, at, versionCode }));
  const keys = groups.map(({ key }) => key);
  const rows = await db
    .select()
    .from(fleetMinutes)
    .where(and(between(fleetMinutes.at, ...rangeOf(keys)), isAnyOf(fleetMinutes, FLEET_KEY, keys)));
  const textOf = (key: (typeof keys)[number]) => JSON.stringify(FLEET_KEY.map((name) => key[name]));
  const known = new Map(rows.map((row) => [textOf(row), row]));
  await putRows(
    db,
    fleetMinutes,
    groups.map((group) => ({ ...group.key, ...entered(known.get(textOf(group.key)), group) })),
  );
}

const HOUR_KEY = ["appId", "hour", "versionCode", "runtimeKind", "labels"] as const;

async function enterHours(db: Database, grown: readonly Grown[], late: readonly Folded[]): Promise<void> {
  if (grown.length + late.length === 0) return;
  const groups = groupBy(grown, late, ({ row, source: { appId, versionCode, runtimeKind, labels } }) => {
    return { appId, hour: hourOf(row.at), versionCode, runtimeKind, labels };
  });
  const keys = groups.map(({ key }) => key);
  const range = rangeOf(keys.map(({ hour: at }) => ({ at })));
  const rows = await db
    .select()
    .from(hourRollups)
    .where(and(between(hourRollups.hour, ...range), isAnyOf(hourRollups, HOUR_KEY, keys)));
  const textOf = (key: (typeof keys)[number]) => JSON.stringify(HOUR_KEY.map((name) => key[name]));
  const known = new Map(rows.map((row) => [textOf(row), row]));
  await putRows(
    db,
    hourRollups,
    groups.map((group) => ({ ...group.key, ...entered(known.get(textOf(group.key)), group) })),
  );
}

const hourOf = (at: Date): Date => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);

/** Tells of device-minutes that what came later took beyond the plausible (spec 7.10). */
async function recordClamped(
  tx: Transaction,
  ctx: FoldContext,
  grown: readonly Grown[],
  known: ReadonlyMap<string, Device>,
): Promise<void> {
  for (const [deviceId, device] of known) {
    const clamped = grown
      .filter(({ row }) => row.deviceId === deviceId)
      .flatMap(({ row: { appId, versionCode }, clamped: beyond }) =>
        beyond.map((one) => ({ ...one, appId, versionCode })),
      );
    if (clamped.length > 0) await recordOwnEvents(tx, ctx, device, { batchId: null, clamped, evidence: [] });
  }
}
