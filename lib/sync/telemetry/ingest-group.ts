import { and, asc, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import { newestPosition } from "@/db/newest-document";
import { keepDays, writeDays } from "@/db/partitions";
import { readPlatformMembersOf } from "@/db/published-members";
import { rowsOf } from "@/db/rows";
import { devices, events, programs, telemetryBatches, telemetryMinutes, unlistedMinutes, versions } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import { inserting, isAnyOf, updateRows } from "@/db/write-rows";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { AppError, isAppError } from "@/lib/platform/errors";
import { NO_POSITION, type Position } from "@/native/core/documents/position";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import { nowSeconds, type SyncContext } from "../context";
import { createWantsHeld, type ToldPosition } from "../continuity/wants-held";
import { type Answered, answerAgain, type BatchDigests, digestText, findAnswers, toRow } from "./answered-batches";
import { toEventRows, toMinuteRows, toUnlistedRows } from "./batch-rows";
import { updateDevice } from "./device-state";
import { type AcceptedMinute, eventTimes, type JudgedBatch, judgeBatch, namedPrograms } from "./judge-batch";
import { gatherCauses, noteCauses, type SeenCauses } from "./note-causes";
import { noteFirstApplied } from "./note-first-applied";
import { type OwnWord, recordOwnEvents } from "./own-events";
import type { ReceivedBatch } from "./received-batch";

/** A batch as it came; its digests name it and its body. */
export type SentBatch = { deviceId: string; batch: ReceivedBatch; digests: BatchDigests; receivedAt: Date };
/** What a batch comes to. */
export type Outcome = { answer: TelemetryAnswer } | { error: unknown };
/** How long the transaction was at it, and with how many minutes and events. */
export type GroupWork = { heldMs: number; rows: number };

type Device = typeof devices.$inferSelect;
/** A batch that is judged and ready to be written. */
type Prepared = {
  sent: SentBatch;
  judged: JudgedBatch;
  unlisted: readonly AcceptedMinute[];
  minutes: (typeof telemetryMinutes.$inferInsert)[];
  events: (typeof events.$inferInsert)[];
  own: OwnWord;
  /** The newest platform document then. */
  issued: Position;
  answer: TelemetryAnswer;
};
/** What all batches of a group are judged by, read once. */
type Facts = {
  devices: ReadonlyMap<string, Device>;
  registered: ReadonlySet<string>;
  issued: Position;
  settings: { intervalSeconds: number; sampling: number };
};

/**
 * Takes batches in together: judged by what was read once for all of them, and written in one transaction with a statement a table,
 * so that they are kept when they are answered. Where that fails for what is in one of them, each is tried alone. The same batch again
 * gets the answer that it got. Outcomes are in the order of the batches; `conflict` for the same id with another body,
 * `unauthenticated` for a device that is not known, `device_revoked` for one that was revoked. `onWork` hears of each transaction.
 */
export async function ingestGroup(
  store: Store,
  ctx: SyncContext,
  group: readonly SentBatch[],
  onWork: (work: GroupWork) => void = () => undefined,
): Promise<Outcome[]> {
  const first = new Map<string, SentBatch>();
  for (const sent of group) {
    const name = digestText(sent.digests.batch);
    if (!first.has(name)) first.set(name, sent);
  }
  const outcomes = await takeIn(store, ctx, [...first.values()], onWork);
  return group.map((sent) => {
    const one = first.get(digestText(sent.digests.batch));
    const outcome = one === undefined ? undefined : outcomes.get(one);
    if (one === undefined || outcome === undefined) return { error: new AppError("internal", "A batch was lost.") };
    if (one === sent || "error" in outcome) return outcome;
    return attempt(() => answerAgain({ body: digestText(one.digests.body), answer: outcome.answer }, sent.digests));
  });
}

function attempt(answer: () => TelemetryAnswer): Outcome {
  try {
    return { answer: answer() };
  } catch (error) {
    return { error };
  }
}

async function takeIn(
  store: Store,
  ctx: SyncContext,
  group: readonly SentBatch[],
  onWork: (work: GroupWork) => void,
): Promise<Map<SentBatch, Outcome>> {
  try {
    const { prepared, refused } = await prepare(store, ctx, group);
    const answered = prepared.length === 0 ? [] : await write(store, ctx, prepared, onWork);
    return new Map([...refused, ...answered]);
  } catch (error) {
    // What is not to be had now would not be had for one of them either.
    const isAlone = group.length === 1 || (isAppError(error) && error.code === "unavailable");
    if (isAlone) return new Map(group.map((sent) => [sent, { error }]));
    const outcomes = new Map<SentBatch, Outcome>();
    for (const sent of group) {
      for (const [one, outcome] of await takeIn(store, ctx, [sent], onWork)) outcomes.set(one, outcome);
    }
    return outcomes;
  }
}

async function prepare(store: Store, ctx: SyncContext, group: readonly SentBatch[]) {
  const now = nowSeconds(ctx.clock);
  const { db } = store;
  const facts = await readFacts(db, group);
  const refused: [SentBatch, Outcome][] = [];
  const judged = group.flatMap((sent) => {
    const device = facts.devices.get(sent.deviceId);
    try {
      const known = refuseOthers(device);
      const isProgram = (appId: string) => facts.registered.has(appId);
      return [
        { sent, device: known, judged: judgeBatch(sent.batch, { nowSeconds: now, isProgram, issued: facts.issued }) },
      ];
    } catch (error) {
      refused.push([sent, { error }]);
      return [];
    }
  });
  const listed = await readListed(
    db,
    judged.flatMap((one) => one.judged.minutes),
  );
  const wantsHeld = createWantsHeld(db, facts.issued);
  const prepared: Prepared[] = [];
  for (const one of judged) {
    const { sent } = one;
    const isWanted = await wantsHeld(sent.deviceId, toldPosition(sent.batch, one.judged));
    prepared.push(toPrepared({ ...one, facts, listed, isWanted }));
  }
  await keepDays(
    store,
    "telemetry_batches",
    group.map(({ receivedAt }) => receivedAt.getTime()),
  );
  await keepDays(store, "events", [now * 1000, ...group.flatMap(({ batch }) => eventTimes(batch, now))]);
  return { prepared, refused };
}

function refuseOthers(device: Device | undefined): Device {
  if (device === undefined) throw new AppError("unauthenticated", "This device is not known.");
  if (device.revokedAt !== null) throw new AppError("device_revoked", "This device has been revoked.");
  return device;
}

async function readFacts(db: Database, group: readonly SentBatch[]): Promise<Facts> {
  const ids = [...new Set(group.map(({ deviceId }) => deviceId))];
  const named = [...new Set(group.flatMap(({ batch }) => namedPrograms(batch)))];
  const rows = await db.select().from(devices).where(inArray(devices.id, ids));
  const registered =
    named.length === 0
      ? []
      : await db
          .select({ appId: programs.appId })
          .from(programs)
          .where(
            isAnyOf(
              programs,
              ["appId"],
              named.map((appId) => ({ appId })),
            ),
          );
  const [decided] = await readPlatformMembersOf(db, "telemetry");
  return {
    devices: new Map(rows.map((row) => [row.id, row])),
    registered: new Set(registered.map(({ appId }) => appId)),
    issued: (await newestPosition(db, "platform", "")) ?? NO_POSITION,
    settings: decided?.value ?? PLATFORM_DEFAULTS.telemetry,
  };
}

const versionKey = ({ appId, versionCode }: Pick<AcceptedMinute, "appId" | "versionCode">) => `${appId}/${versionCode}`;

/** Those of the versions told of that were ever listed. */
async function readListed(db: Database, minutes: readonly AcceptedMinute[]): Promise<Set<string>> {
  const told = new Map(
    minutes.map((minute) => [versionKey(minute), { appId: minute.appId, code: minute.versionCode }]),
  );
  if (told.size === 0) return new Set();
  const rows = await db
    .select({ appId: versions.appId, versionCode: versions.code })
    .from(versions)
    .where(and(isAnyOf(versions, ["appId", "code"], [...told.values()]), isNotNull(versions.listedAt)));
  return new Set(rows.map(versionKey));
}

function toPrepared(of: {
  sent: SentBatch;
  device: Device;
  judged: JudgedBatch;
  facts: Facts;
  listed: ReadonlySet<string>;
  isWanted: boolean;
}): Prepared {
  const { sent, device, judged, facts, listed } = of;
  const { deviceId, batch } = sent;
  const told = judged.minutes.filter((minute) => listed.has(versionKey(minute)));
  const unlisted = judged.minutes.filter((minute) => !listed.has(versionKey(minute)));
  const { rows: minutes, clamped } = toMinuteRows(sent, told, batch.runtime);
  const beyond = updateDevice(device, judged.device, facts.issued, sent.receivedAt).clamped;
  for (const one of beyond) clamped.push({ ...one, appId: null, versionCode: null });
  return {
    ...{ sent, judged, unlisted, minutes, issued: facts.issued },
    events: toEventRows(sent, judged.events),
    own: { deviceId, batchId: batch.batchId, clamped, evidence: judged.evidence },
    answer: {
      accepted: judged.minutes.length + judged.events.length,
      rejected: judged.rejected.named,
      ...(judged.rejected.more === 0 ? {} : { rejectedMore: judged.rejected.more }),
      nextIntervalSeconds: facts.settings.intervalSeconds,
      sampling: facts.settings.sampling,
      ...(of.isWanted ? { wanted: ["platform"] } : {}),
    },
  };
}

/** What the device holds, and whether it refused one of ours for holding another of the same revision. */
function toldPosition({ applied }: ReceivedBatch, judged: JudgedBatch): ToldPosition {
  const hasConflict = judged.events.some(({ type, code }) => type === "document_refused" && code === "CONFLICT");
  return { epoch: applied.epoch, revision: applied.platform, hasConflict };
}

/** Of batches that are new all that is written of them, as it is run; made before a transaction holds anything. */
type Writing = {
  fresh: readonly Prepared[];
  /** Minutes, answers, and minutes of versions that were never listed. */
  statements: SQL[];
  /** Of which the events that were not there come back. */
  events: SQL | null;
  causes: SeenCauses;
};

/** Some of what was thought to be new came before. */
class Repeated extends Error {
  constructor(readonly answers: ReadonlyMap<string, Answered>) {
    super("batches came before");
  }
}

async function write(
  store: Store,
  ctx: SyncContext,
  group: readonly Prepared[],
  onWork: (work: GroupWork) => void,
): Promise<[SentBatch, Outcome][]> {
  const answered = await findAnswers(
    store.db,
    group.map(({ sent }) => sent.digests),
  );
  // One that came in meanwhile is found beside the writing, which is done anew without it.
  for (let isWritten = false; !isWritten; ) {
    const fresh = group.filter(({ sent }) => !answered.has(digestText(sent.digests.batch)));
    if (fresh.length === 0) break;
    const writing = toWriting(fresh);
    try {
      await writeDays(store, (tx) => writeNew(tx, ctx, store.kind, writing, onWork));
      isWritten = true;
    } catch (error) {
      if (!(error instanceof Repeated)) throw error;
      for (const [digest, answer] of error.answers) answered.set(digest, answer);
    }
  }
  return group.map(({ sent, answer }): [SentBatch, Outcome] => {
    const earlier = answered.get(digestText(sent.digests.batch));
    return [sent, attempt(() => (earlier === undefined ? answer : answerAgain(earlier, sent.digests)))];
  });
}

function toWriting(fresh: readonly Prepared[]): Writing {
  const minutes = fresh.flatMap((one) => one.minutes);
  const told = fresh.flatMap((one) => one.events);
  const answers = fresh.map(({ sent, answer }) => toRow(sent.digests, answer, sent.receivedAt));
  // One that is there already, from an earlier batch, is left as it is.
  const returning = sql`on conflict do nothing returning device_id, event_id`;
  return {
    fresh,
    statements: [
      ...(minutes.length === 0 ? [] : [inserting(telemetryMinutes, minutes)]),
      inserting(telemetryBatches, answers),
    ],
    events: told.length === 0 ? null : inserting(events, told, returning),
    causes: gatherCauses(fresh.map(({ minutes: of, sent }) => ({ minutes: of, at: sent.receivedAt }))),
  };
}

/** Tells the locks of telling devices from others of the database. */
const LOCKS = 4_801_977;

/**
 * One transaction at a time takes in what one device tells. Not by the device's row: what a device applied is noted meanwhile, and waits
 * for nobody's telemetry.
 */
async function lockTelling(db: Database, group: readonly Prepared[]): Promise<void> {
  const ids = JSON.stringify([...new Set(group.map(({ sent }) => sent.deviceId))]);
  await rowsOf(
    db,
    sql`select pg_advisory_xact_lock(key)::text as locked from (
      select distinct hashtextextended(id, ${sql.raw(String(LOCKS))}) as key
      from json_array_elements_text(${ids}::json) as told(id) order by 1) keys`,
  );
}

async function writeNew(
  tx: Transaction,
  ctx: SyncContext,
  kind: Store["kind"],
  { fresh, statements, events: told, causes }: Writing,
  onWork: (work: GroupWork) => void,
): Promise<void> {
  const rows = fresh.reduce((sum, one) => sum + one.minutes.length + one.events.length, 0);
  tx.onHeld((heldMs) => onWork({ heldMs, rows }));
  // A transaction's statements run in the order in which they are asked. An embedded store has one transaction at a time anyway.
  const [locked, found, ...written] = await Promise.allSettled([
    kind === "postgres" ? lockTelling(tx.db, fresh) : undefined,
    findAnswers(
      tx.db,
      fresh.map(({ sent }) => sent.digests),
    ),
    told === null ? [] : rowsOf(tx.db, told),
    ...statements.map((statement) => tx.db.execute(statement)),
    recordUnlisted(tx, fresh),
    noteCauses(tx, causes),
  ]);
  if (locked.status === "rejected") throw locked.reason;
  if (found.status === "rejected") throw found.reason;
  if (found.value.size > 0) throw new Repeated(found.value);
  // Whichever: all fail by what failed first.
  for (const one of written) if (one.status === "rejected") throw one.reason;
  const [added] = written;
  await noteDevices(tx, fresh);
  await recordOwnEvents(
    tx,
    ctx,
    fresh.map(({ own }) => own).filter(({ clamped, evidence }) => clamped.length + evidence.length > 0),
  );
  const names = added?.status === "fulfilled" ? added.value.map((row) => `${row.device_id} ${row.event_id}`) : [];
  announceTelemetry(tx, fresh, new Set(names));
}

async function recordUnlisted(tx: Transaction, fresh: readonly Prepared[]): Promise<void> {
  const rows = toUnlistedRows(
    fresh.flatMap(({ sent: { deviceId }, unlisted }) => unlisted.map((minute) => ({ ...minute, deviceId }))),
  );
  if (rows.length === 0) return;
  const { deviceId, appId, day, minutes } = unlistedMinutes;
  await tx.db
    .insert(unlistedMinutes)
    .values(rows)
    .onConflictDoUpdate({ target: [deviceId, appId, day], set: { minutes: sql`${minutes} | excluded.minutes` } });
}

/** What the batches say of their devices; behind the locks of their rows, and so last. */
async function noteDevices(tx: Transaction, fresh: readonly Prepared[]): Promise<void> {
  const ids = [...new Set(fresh.map(({ sent }) => sent.deviceId))];
  const rows = await tx.db
    .select()
    .from(devices)
    .where(inArray(devices.id, ids))
    .orderBy(asc(devices.id))
    .for("update");
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const { sent, judged, issued } of fresh) {
    const device = refuseOthers(known.get(sent.deviceId));
    known.set(device.id, { ...device, ...updateDevice(device, judged.device, issued, sent.receivedAt).update });
  }
  await updateRows(
    tx.db,
    devices,
    [...known.values()].map((row) => ({
      ...{
        id: row.id,
        runtimeKind: row.runtimeKind,
        runtimeVersion: row.runtimeVersion,
        runtimeLayers: row.runtimeLayers,
      },
      ...{ lastSeenAt: row.lastSeenAt, discarded: row.discarded, appliedAt: row.appliedAt },
      ...{ appliedEpoch: row.appliedEpoch, appliedKeyset: row.appliedKeyset, appliedPlatform: row.appliedPlatform },
      appliedPrograms: row.appliedPrograms,
    })),
  );
  const moved = rows.flatMap((was) => {
    const is = known.get(was.id);
    return is === undefined ? [] : [{ was, is }];
  });
  const [newest] = fresh.map(({ sent }) => sent.receivedAt).sort((a, b) => b.getTime() - a.getTime());
  if (newest !== undefined) await noteFirstApplied(tx.db, moved, newest);
  for (const { id, appliedAt } of rows) {
    if (known.get(id)?.appliedAt !== appliedAt) tx.announce({ topic: "devices", deviceId: id, revoked: false });
  }
}

/** `added` are the events that were not there before, by device and id. */
function announceTelemetry(tx: Transaction, fresh: readonly Prepared[], added: ReadonlySet<string>): void {
  const measured = new Set<string>();
  const denied = new Set<string>();
  for (const { sent, judged } of fresh) {
    for (const { appId, entry } of judged.minutes) {
      measured.add(appId);
      if (entry.denials.length > 0) denied.add(appId);
    }
    for (const { appId, denialId, eventId } of judged.events) {
      if (appId === undefined || !added.has(`${sent.deviceId} ${eventId}`)) continue;
      measured.add(appId);
      if (denialId !== undefined) denied.add(appId);
    }
  }
  if (measured.size > 0) tx.announce({ topic: "telemetry", appIds: [...measured] });
  if (denied.size > 0) tx.announce({ topic: "denials", appIds: [...denied] });
}
