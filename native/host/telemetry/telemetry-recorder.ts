import { minuteEntryId, type TelemetryBatch, type TelemetryEvent } from "../../core/telemetry/batch";
import { splitBatch, takeItems } from "../../core/telemetry/batch-items";
import { addIncrement, emptyMinute } from "../../core/telemetry/minute-entry";
import { planDrop, QUEUE_BOUNDS, type QueueBounds } from "../../core/telemetry/queue-bounds";
import { itemsOf, type QueuedMinute } from "../../core/telemetry/queue-state";
import type { RuntimeIdentity } from "../../core/wire/runtime-identity";
import type { HostClock, HostEvent, HostLog, TelemetryPort } from "../ports";
import type { QueueLog } from "./queue-log";

export type AppliedDocuments = TelemetryBatch["applied"];

/** The recorder takes what happens, keeps it within bounds and on the disk, and hands out batches. */
export type TelemetryRecorder = TelemetryPort & {
  /** Puts what was counted since the last call into the queue and the queue on the disk. */
  flush(): Promise<void>;
  /**
   * The batch to send next: the oldest without an answer, or a new one, empty if need be. It is on the disk with its
   * id before this resolves, so that a retry after a crash is the same batch. Rejects while the disk takes nothing.
   */
  nextBatch(describe: { runtime: RuntimeIdentity; applied: AppliedDocuments }): Promise<TelemetryBatch>;
  answered(batchId: string, rejected: number): Promise<void>;
  refused(batchId: string, reason: string): Promise<void>;
  /** Splits a batch that was too large; one item alone can't be split and is given up. */
  split(batchId: string): Promise<void>;
  /** Of a hundred events of one cause within a minute, after the first, how many are recorded singly. */
  setSampling(percent: number): void;
  /** A batch was given out and has no answer yet. */
  readonly isAwaitingAnswer: boolean;
  /** More waits than one batch took. */
  readonly hasBacklog: boolean;
};

export function createTelemetryRecorder(options: {
  queue: QueueLog;
  clock: HostClock;
  randomId(): string;
  log: HostLog;
  bounds?: QueueBounds;
}): TelemetryRecorder {
  const { queue, clock } = options;
  const bounds = options.bounds ?? QUEUE_BOUNDS;
  const counting = new Map<string, QueuedMinute>();
  const seen = new Map<string, number>();
  let seenMinute = 0;
  let sampling = 100;

  const nowSeconds = () => Math.max(1, Math.floor(clock.nowMs() / 1000));

  /** The first of its cause in a minute always; of the others, one in every `100 / sampling`, evenly. */
  function isSampled(event: HostEvent): boolean {
    const minute = Math.floor(nowSeconds() / 60);
    if (minute !== seenMinute) {
      seenMinute = minute;
      seen.clear();
    }
    const key = [event.type, event.appId, event.denialId?.slice(0, 16), event.code, event.api, event.host].join("\n");
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    if (before === 0) return true;
    if (before >= bounds.eventsPerCauseAndMinute) return false;
    return Math.floor((before * sampling) / 100) > Math.floor(((before - 1) * sampling) / 100);
  }

  function moveCounted(): void {
    for (const { appId, versionCode, entry } of counting.values()) {
      queue.add({ kind: "minute", appId, versionCode, at: entry.at, increment: entry });
    }
    counting.clear();
    const dropped = planDrop(queue.state, bounds);
    if (dropped) queue.add({ kind: "drop", reason: "queue_overflow", ...dropped });
  }

  async function settle(batchId: string, record: Parameters<QueueLog["add"]>[0]): Promise<void> {
    queue.add(record);
    try {
      await queue.flush();
    } catch (error) {
      // The answer is known here; a start before the disk takes it again sends the same batch and gets the same answer.
      options.log("warn", "telemetry_settle_not_stored", { batchId, error });
    }
  }

  return {
    addToMinute({ appId, versionCode }, increment) {
      const at = Math.floor(nowSeconds() / 60) * 60;
      const id = minuteEntryId(appId, versionCode, at);
      let counted = counting.get(id);
      if (!counted) {
        counted = { appId, versionCode, entry: emptyMinute(at) };
        counting.set(id, counted);
      }
      addIncrement(counted.entry, increment);
    },
    recordEvent(event) {
      if (isSampled(event)) queue.add({ kind: "event", event: toWire(event, options.randomId(), nowSeconds()) });
      else queue.add({ kind: "skip", reason: "sampled", count: 1 });
    },
    async flush() {
      moveCounted();
      await queue.flush();
    },
    async nextBatch(describe) {
      const waiting = queue.state.sealed[0];
      if (waiting) {
        // It may have been made while the disk took nothing.
        await queue.flush();
        return waiting;
      }
      moveCounted();
      const batch: TelemetryBatch = {
        batchId: options.randomId(),
        sequence: queue.state.sequence + 1,
        sentAt: nowSeconds(),
        ...describe,
        ...takeItems(queue.state),
      };
      queue.add({ kind: "seal", batch });
      await queue.flush();
      return batch;
    },
    answered: (batchId, rejected) => settle(batchId, { kind: "answered", batchId, rejected }),
    refused: (batchId, reason) => settle(batchId, { kind: "refused", batchId, reason }),
    split(batchId) {
      const batch = queue.state.sealed.find((sealed) => sealed.batchId === batchId);
      if (!batch) return Promise.resolve();
      if (itemsOf(batch) < 2) return settle(batchId, { kind: "refused", batchId, reason: "too_large" });
      const batches = splitBatch(batch, queue.state.sequence, options.randomId);
      return settle(batchId, { kind: "split", batchId, batches });
    },
    setSampling(percent) {
      sampling = Math.min(100, Math.max(0, percent));
    },
    get isAwaitingAnswer() {
      return queue.state.sealed.length > 0;
    },
    get hasBacklog() {
      return (
        queue.state.sealed.length > 0 ||
        queue.state.events.size > bounds.backlog ||
        queue.state.minutes.size > bounds.backlog
      );
    },
  };
}

function toWire(event: HostEvent, eventId: string, at: number): TelemetryEvent {
  return { eventId, at, ...event };
}
