import type { Store } from "@/db/store";
import { isStorable } from "@/lib/http/storable-text";
import { AppError } from "@/lib/platform/errors";
import type { TelemetryAnswer } from "@/native/core/telemetry/batch";
import type { SyncContext } from "../context";
import { digestsOf } from "./answered-batches";
import { ingestGroup, type SentBatch } from "./ingest-group";
import { createAppliedNotes } from "./note-applied";
import type { ReceivedBatch } from "./received-batch";
import { nextTurn } from "./turn-size";

export type Ingest = {
  /**
   * Takes one batch in (spec §7): minutes and events are kept once, what cannot be counted is rejected by id, what is
   * beyond the plausible is held there, both raise an event of the server's own, and what the device enforces is noted, first of
   * all. The same batch again gets the answer that it got; refuses `conflict` for the same id with another body, `device_revoked`
   * where the device was revoked meanwhile.
   */
  take(deviceId: string, batch: ReceivedBatch, body: Uint8Array): Promise<TelemetryAnswer>;
};

/** One is judged while another one is written; on Postgres these are the connections that the ingest thread has for it. */
const GROUPS_AT_ONCE = 2;
const BATCHES_MAX = 32;
const ROWS = { least: 64, most: 2_000 } as const;

type Waiting = { sent: SentBatch; resolve(answer: TelemetryAnswer): void; reject(error: unknown): void };

const rowsOf = ({ programs, events }: ReceivedBatch): number =>
  events.length + programs.reduce((sum, { minutes }) => sum + minutes.length, 0);

/**
 * Takes in together what waits at the same time, so that many devices cost the store few transactions; a batch that comes alone
 * waits for nobody. Of several in one group each has its own outcome.
 */
export function createIngest(store: Store, ctx: SyncContext): Ingest {
  const ingest = store.in("ingest");
  const notes = createAppliedNotes(store, ctx);
  const waiting: Waiting[] = [];
  let running = 0;
  let isStarting = false;
  let rows: number = ROWS.least;

  /** Of what waits no more than its part: while one group is written another one is judged. */
  function takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    const most = Math.min(BATCHES_MAX, Math.ceil(waiting.length / (GROUPS_AT_ONCE - running)));
    let sum = 0;
    while (group.length < most) {
      const [next] = waiting;
      if (next === undefined) break;
      sum += rowsOf(next.sent.batch);
      if (group.length > 0 && sum > rows) break;
      group.push(next);
      waiting.shift();
    }
    return group;
  }

  async function runGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const sent = group.map((one) => one.sent);
      const outcomes = await ingestGroup(ingest, ctx, sent, (work) => {
        rows = nextTurn(rows, work, { ...ROWS, kind: store.kind });
      });
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index] ?? { error: new AppError("internal", "A batch has no outcome.") };
        if ("answer" in outcome) resolve(outcome.answer);
        else reject(outcome.error);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      running -= 1;
      start();
    }
  }

  /** After whatever has come by now, so that those that come together go together. */
  function start(): void {
    if (isStarting) return;
    isStarting = true;
    setImmediate(() => {
      isStarting = false;
      while (running < GROUPS_AT_ONCE && waiting.length > 0) {
        const group = takeGroup();
        running += 1;
        void runGroup(group);
      }
    });
  }

  return {
    async take(deviceId, batch, body) {
      if (!isStorable(batch.batchId)) throw new AppError("invalid_input", "The batch's id can't be stored.");
      const digests = digestsOf(deviceId, batch.batchId, body);
      const receivedAt = new Date(ctx.clock.nowMs());
      await notes.note(deviceId, batch);
      return await new Promise((resolve, reject) => {
        waiting.push({ sent: { deviceId, batch, digests, receivedAt }, resolve, reject });
        start();
      });
    },
  };
}
