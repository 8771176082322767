import type { QueueFigures, ThreadFigures } from "@/lib/contracts/readiness";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import type { EvidenceDoor } from "@/lib/sync/runtime/evidence-door";
import type { RootTrust } from "@/native/core/documents/verify-keyset";
import { createTurnQueue, type TurnQueuePorts } from "../admission/turn-queue";
import type { IngestCalls, IngestThreadData } from "./ingest-thread";
import type { Line } from "./line";
import type { StoreSource } from "./store-source";
import { type Supervised, superviseThread } from "./supervise-thread";
import { type ThreadScript, threadScript } from "./thread-script";

export type IngestDoor = EvidenceDoor & {
  /** Resolves when the thread is up for the first time; rejects where it ended before. */
  firstUp: Promise<void>;
  thread(): ThreadFigures;
  queue(): QueueFigures;
  close(): Promise<void>;
};

const MIB = 1024 * 1024;
/** Who may send at once, and how much. A device sends one batch at a time; its last one may not know yet that it is over. */
const PLACES = {
  telemetry: {
    runningMax: 256,
    runningOfOneMax: 2,
    bytesMax: 32 * MIB,
    waitingMax: 0,
    waitingOfOneMax: 0,
    waitMsMax: 0,
  },
  held: { runningMax: 16, runningOfOneMax: 1, bytesMax: 32 * MIB, waitingMax: 0, waitingOfOneMax: 0, waitMsMax: 0 },
} as const;
/** Turns are for what has arrived: whoever sends slowly holds a place, and none of these. As many as the thread takes in together. */
const TURNS = {
  runningMax: 32,
  runningOfOneMax: 1,
  waitingMax: PLACES.telemetry.runningMax + PLACES.held.runningMax,
  waitingOfOneMax: 3,
  bytesMax: Number.POSITIVE_INFINITY,
  waitMsMax: 20_000,
} as const;
/** A batch without minutes and events is smaller than this; one with them is hardly ever, and then it is no burden either. */
const EMPTY_BYTES_MAX = 1_024;
/** A batch whose answer takes longer is sent again by its device, and then answered as it was. */
const WORK_MS_MAX = 60_000;
const MEMORY_MIB = 512;

/** Rejects `unavailable` where work takes longer than anybody waits for it. What it comes to is its own affair then. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = "This took too long. Send the same again: it is counted once.";
    timer = setTimeout(() => reject(new AppError("unavailable", message, { retryAfterSeconds: 5 })), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Starts the thread that takes in what devices tell, behind a bounded queue with a share for each device. What the thread
 * had not answered when it fell is answered 503: the device sends the same batch again, which is counted once.
 */
export function startIngestThread(options: {
  source: StoreSource;
  roots: RootTrust | null;
  logger: Logger;
  queuePorts?: TurnQueuePorts;
  script?: ThreadScript;
}): IngestDoor {
  const { source, roots, logger, queuePorts = {}, script = threadScript("ingest-thread") } = options;
  const places = {
    telemetry: createTurnQueue("telemetry", PLACES.telemetry, queuePorts),
    held: createTurnQueue("telemetry", PLACES.held, queuePorts),
  };
  const turns = createTurnQueue("telemetry", TURNS, queuePorts);
  const thread: Supervised<IngestCalls> = superviseThread<IngestCalls>({
    name: "ingest",
    script,
    start() {
      const { handle, transfer } = source.connect("ingest");
      const data: IngestThreadData = { store: handle, roots };
      return { data, transfer };
    },
    calls: {},
    memoryMib: MEMORY_MIB,
    logger,
  });

  async function inTurn<T>(
    kind: keyof typeof PLACES,
    { deviceId, sizeBytes }: { deviceId: string; sizeBytes: number },
    work: (line: Line<IngestCalls>) => Promise<T>,
  ): Promise<T> {
    // A document that a device hands back may stop something here, and a batch with nothing in it says that its device has
    // applied something that somebody waits for: they go first.
    const isFirst = kind === "held" || sizeBytes <= EMPTY_BYTES_MAX;
    const turn = turns.enter(deviceId, 0, isFirst);
    try {
      await turn.came;
      const line = thread.line();
      if (line === null) throw notTaken();
      return await within(work(line), WORK_MS_MAX);
    } finally {
      turn.leave();
    }
  }

  async function take<R, T>(
    kind: keyof typeof PLACES,
    { deviceId, sizeBytes }: { deviceId: string; sizeBytes: number },
    receive: () => Promise<R>,
    work: (line: Line<IngestCalls>, received: R) => Promise<T>,
    measured: (own: () => Promise<T>) => Promise<T> = (own) => own(),
  ): Promise<T> {
    const place = places[kind].enter(deviceId, sizeBytes);
    try {
      const received = await receive();
      return await measured(() => inTurn(kind, { deviceId, sizeBytes }, (line) => work(line, received)));
    } finally {
      place.leave();
    }
  }

  return {
    telemetry: (sender, receive, measured) =>
      take(
        "telemetry",
        sender,
        receive,
        (line, received) =>
          line.ask("telemetry", { deviceId: sender.deviceId, received }, transferable(received.bytes)),
        measured,
      ),
    held: (sender, receive, platform) =>
      take("held", sender, receive, (line, jws) =>
        line.ask("held", { deviceId: sender.deviceId, platform, jws }, transferable(jws)),
      ),
    firstUp: thread.firstUp,
    thread: thread.figures,
    queue() {
      const all = [turns, places.telemetry, places.held].map((queue) => queue.figures());
      const refusedLately = all.reduce((sum, figures) => sum + figures.refusedLately, 0);
      return { ...turns.figures(), refusedLately };
    },
    async close() {
      turns.close();
      await thread.stop();
    },
  };
}

const notTaken = () =>
  new AppError("unavailable", "Telemetry is not taken in at the moment. Send it again.", {
    retryAfterSeconds: 2 + Math.random() * 3,
    isOverload: true,
  });

/** Bytes that are nobody else's are handed over; a view into a larger buffer of Node's pool is copied. */
function transferable(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
