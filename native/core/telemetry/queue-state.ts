import { minuteEntryId, type TelemetryBatch, type TelemetryEvent } from "./batch";
import type { DiscardReason } from "./discard-reasons";
import { addIncrement, type CountedIncrement, type CountedMinute, emptyMinute } from "./minute-entry";

/**
 * What is waiting to be told, as a fold over records: the same records always give the same state, so a log of them is
 * all that has to survive. One minute entry or one event is one item, and at every moment
 * `produced = acknowledged + rejected + discarded + still queued` (spec §7).
 */
export type QueueRecord =
  | { kind: "minute"; appId: string; versionCode: number; at: number; increment: CountedIncrement }
  | { kind: "event"; event: TelemetryEvent }
  /** Items that were never queued: sampled away. */
  | { kind: "skip"; reason: DiscardReason; count: number }
  | { kind: "drop"; reason: DiscardReason; minutes: readonly string[]; events: readonly string[] }
  | { kind: "seal"; batch: TelemetryBatch }
  /** One batch becomes two, because it was too large for the server. */
  | { kind: "split"; batchId: string; batches: readonly TelemetryBatch[] }
  | { kind: "answered"; batchId: string; rejected: number }
  | { kind: "refused"; batchId: string; reason: DiscardReason }
  | { kind: "snapshot"; state: QueueSnapshot };

export type QueuedMinute = { appId: string; versionCode: number; entry: CountedMinute };

export type QueueTotals = { produced: number; acknowledged: number; rejected: number; discarded: number };

export type QueueSnapshot = {
  sequence: number;
  minutes: QueuedMinute[];
  events: TelemetryEvent[];
  /** Discarded and not yet told, by reason. */
  discarded: Record<string, number>;
  /** Batches that were given an id and await their answer, oldest first. */
  sealed: TelemetryBatch[];
  totals: QueueTotals;
};

export type QueueState = {
  sequence: number;
  minutes: Map<string, QueuedMinute>;
  events: Map<string, TelemetryEvent>;
  discarded: Map<string, number>;
  sealed: TelemetryBatch[];
  totals: QueueTotals;
};

export function emptyQueue(): QueueState {
  return {
    sequence: 0,
    minutes: new Map(),
    events: new Map(),
    discarded: new Map(),
    sealed: [],
    totals: { produced: 0, acknowledged: 0, rejected: 0, discarded: 0 },
  };
}

export function snapshotOf(state: QueueState): QueueSnapshot {
  return {
    sequence: state.sequence,
    minutes: [...state.minutes.values()],
    events: [...state.events.values()],
    discarded: Object.fromEntries(state.discarded),
    sealed: state.sealed,
    totals: { ...state.totals },
  };
}

/** Items that a batch holds. */
export function itemsOf(batch: TelemetryBatch): number {
  return batch.events.length + batch.programs.reduce((sum, program) => sum + program.minutes.length, 0);
}

/** Items that were produced and neither acknowledged, rejected nor discarded. */
export function queuedItems(state: QueueState): number {
  return state.minutes.size + state.events.size + state.sealed.reduce((sum, batch) => sum + itemsOf(batch), 0);
}

/** Folds one record into the state, in place. A record about something unknown changes nothing. */
export function applyRecord(state: QueueState, record: QueueRecord): void {
  switch (record.kind) {
    case "minute":
      addMinute(state, record);
      return;
    case "event":
      if (state.events.has(record.event.eventId)) return;
      state.events.set(record.event.eventId, record.event);
      state.totals.produced += 1;
      return;
    case "skip":
      state.totals.produced += record.count;
      discard(state, record.reason, record.count);
      return;
    case "drop":
      drop(state, record);
      return;
    case "seal":
      seal(state, record.batch);
      return;
    case "split": {
      const index = state.sealed.findIndex((batch) => batch.batchId === record.batchId);
      if (index >= 0) state.sealed.splice(index, 1, ...record.batches);
      for (const batch of record.batches) state.sequence = Math.max(state.sequence, batch.sequence);
      return;
    }
    case "answered": {
      const batch = takeSealed(state, record.batchId);
      if (!batch) return;
      const rejected = Math.min(record.rejected, itemsOf(batch));
      state.totals.rejected += rejected;
      state.totals.acknowledged += itemsOf(batch) - rejected;
      return;
    }
    case "refused": {
      const batch = takeSealed(state, record.batchId);
      if (!batch) return;
      discard(state, record.reason, itemsOf(batch));
      // What the batch was to tell of earlier losses was not heard: it is told again.
      for (const { reason, count } of batch.discarded) raise(state.discarded, reason, count);
      return;
    }
    case "snapshot":
      restore(state, record.state);
      return;
  }
}

function addMinute(state: QueueState, record: Extract<QueueRecord, { kind: "minute" }>): void {
  const id = minuteEntryId(record.appId, record.versionCode, record.at);
  let queued = state.minutes.get(id);
  if (!queued) {
    queued = { appId: record.appId, versionCode: record.versionCode, entry: emptyMinute(record.at) };
    state.minutes.set(id, queued);
    state.totals.produced += 1;
  }
  addIncrement(queued.entry, record.increment);
}

function drop(state: QueueState, record: Extract<QueueRecord, { kind: "drop" }>): void {
  const minutes = record.minutes.filter((id) => state.minutes.delete(id)).length;
  const events = record.events.filter((id) => state.events.delete(id)).length;
  discard(state, record.reason, minutes + events);
}

function seal(state: QueueState, batch: TelemetryBatch): void {
  state.sealed.push(batch);
  state.sequence = Math.max(state.sequence, batch.sequence);
  for (const event of batch.events) state.events.delete(event.eventId);
  for (const { appId, versionCode, minutes } of batch.programs) {
    for (const minute of minutes) state.minutes.delete(minuteEntryId(appId, versionCode, minute.at));
  }
  for (const { reason, count } of batch.discarded) {
    const left = (state.discarded.get(reason) ?? 0) - count;
    if (left > 0) state.discarded.set(reason, left);
    else state.discarded.delete(reason);
  }
}

function takeSealed(state: QueueState, batchId: string): TelemetryBatch | undefined {
  const index = state.sealed.findIndex((batch) => batch.batchId === batchId);
  return index < 0 ? undefined : state.sealed.splice(index, 1)[0];
}

function discard(state: QueueState, reason: string, count: number): void {
  if (count === 0) return;
  state.totals.discarded += count;
  raise(state.discarded, reason, count);
}

function raise(counts: Map<string, number>, reason: string, count: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + count);
}

function restore(state: QueueState, snapshot: QueueSnapshot): void {
  state.sequence = snapshot.sequence;
  state.minutes = new Map(
    snapshot.minutes.map((queued) => [minuteEntryId(queued.appId, queued.versionCode, queued.entry.at), queued]),
  );
  state.events = new Map(snapshot.events.map((event) => [event.eventId, event]));
  state.discarded = new Map(Object.entries(snapshot.discarded));
  state.sealed = [...snapshot.sealed];
  state.totals = { ...snapshot.totals };
}
