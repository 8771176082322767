import { MessageChannel, type MessagePort, type TransferListItem, Worker } from "node:worker_threads";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { LANE_BOUNDS, type LaneBounds } from "../lanes/lanes";
import type { Recovery } from "../recovery";
import type { Store } from "../store";
import { createStoreClient } from "./store-client";
import { type Connected, fromWire, type Order, type Report, type WorkerLocation, type WorkerStart } from "./wire";
import { workerScript } from "./worker-script";

/** How long the database may be at one statement: PGlite hears no cancelling, and everybody waits meanwhile. */
const STATEMENT_MS_MAX = 5_000;
/** How long a transaction's client may say nothing while others wait. */
const SILENT_MS_MAX = 5_000;
/** How long a transaction may be as a whole while others wait. */
const TRANSACTION_MS_MAX = 15_000;
/** How long opening the store again may take: longer than reading all rows back from a long journal. */
const REOPEN_MS_MAX = 5 * 60_000;
/** How often it is looked whether the database still is at what it was at, or the store is not open yet. */
const LOOKS = 20;
/** What runs at a cut gets this long before its thread is ended. */
const CUT_MS = 1_000;
/** How long it waits before it opens the store again, the first time and after each further end within `CALM_MS`. */
const WAITS_MS = [0, 1_000, 5_000, 30_000] as const;
const CALM_MS = 10 * 60_000;

export type StoreInWorkerOptions = {
  location: WorkerLocation;
  logger?: Logger;
  clock?: Clock;
  seed?: Blob;
  /** The program's version: a store that has rows is backed up before it is migrated, and the backup names it. */
  program?: string;
  bounds?: LaneBounds;
  statementMsMax?: number;
  silentMsMax?: number;
  transactionMsMax?: number;
  reopenMsMax?: number;
  cutMs?: number;
  /** Milliseconds before each opening again, the last for all that follow. */
  waitsMs?: readonly number[];
};

export type StoreInWorker = {
  /** The store for this thread; closing it closes the store itself. */
  store: Store;
  recovery: Recovery;
  /** A port for one client in another thread (`createStoreClient`); it stays good when the store is opened again. */
  connect(): MessagePort;
  /**
   * Closes the store, and a second later ends its thread, whatever that is at: opening the store again, or a statement
   * without end. What was acknowledged is kept; of a commit that was not answered the outcome is unknown.
   */
  cut(): Promise<void>;
};

/** One run of the store's thread. */
type Run = {
  recovery: Recovery;
  connect(port: MessagePort): void;
  /** Lets it finish what runs, and resolves when it is over. */
  close(): Promise<void>;
};

/**
 * Opens the embedded store in a thread of its own and watches it: a statement that takes longer than 5 seconds, or a
 * thread that falls, ends the thread, as `kill -9` ends a process, and the store is opened again on the same folder.
 * What ran then fails with `unavailable`; every client's store goes on. Opening it again is tried until it succeeds: each
 * try has five minutes, is logged with what came of it, and clients are told since when it lasts. Raises what opening
 * raises, the first time.
 */
export async function openStoreInWorker(options: StoreInWorkerOptions): Promise<StoreInWorker> {
  const { logger = stderrLogger, clock = systemClock, waitsMs = WAITS_MS } = options;
  const clients = new Set<MessagePort>();
  const reopened: WorkerStart["reopened"] = { times: 0, last: null };
  const ends: number[] = [];
  const cutting = new AbortController();
  let outage: { since: string; tries: number } | null = null;
  let run: Run | null = null;
  let opening: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | null = null;

  const introduce = (client: MessagePort, to: Run) => {
    const { port1, port2 } = new MessageChannel();
    to.connect(port1);
    client.postMessage({ connected: port2 } satisfies Connected, [port2]);
  };

  const tell = (said: Connected) => {
    for (const client of clients) client.postMessage(said);
  };

  function fell(why: string): void {
    run = null;
    if (closing !== null) return;
    const nowMs = clock.nowMs();
    outage ??= { since: new Date(nowMs).toISOString(), tries: 0 };
    tell({ outage });
    while (ends[0] !== undefined && ends[0] < nowMs - CALM_MS) ends.shift();
    const waitMs = waitsMs[Math.min(ends.length, waitsMs.length - 1)] ?? 0;
    ends.push(nowMs);
    logger("error", "store_ended", { why, waitMs, ...outage });
    timer = setTimeout(() => {
      opening = openAgain(why);
    }, waitMs);
    timer.unref();
  }

  async function openAgain(why: string): Promise<void> {
    reopened.times += 1;
    reopened.last = { at: new Date(clock.nowMs()).toISOString(), why };
    if (outage !== null) outage = { ...outage, tries: outage.tries + 1 };
    if (outage !== null) tell({ outage });
    logger("warn", "store_reopening", { why, ...outage });
    try {
      const openMsMax = options.reopenMsMax ?? REOPEN_MS_MAX;
      run = await startRun({ ...options, logger, reopened, openMsMax, cut: cutting.signal }, fell);
    } catch (error) {
      // Ended from here, to close it.
      if (closing !== null) return;
      logger("error", "store_not_reopened", { error, ...outage });
      fell(why.endsWith(NOT_AGAIN) ? why : `${why} ${NOT_AGAIN}`);
      return;
    }
    const { outcome, sequence } = run.recovery;
    logger("warn", "store_reopened", { why, outcome, sequence, ...outage });
    outage = null;
    for (const client of clients) introduce(client, run);
  }

  function connect(): MessagePort {
    if (closing !== null) throw new AppError("unavailable", "The store is closed.");
    const { port1, port2 } = new MessageChannel();
    clients.add(port1);
    port1.on("close", () => clients.delete(port1));
    port1.unref();
    if (run !== null) introduce(port1, run);
    else if (outage !== null) port1.postMessage({ outage } satisfies Connected);
    return port2;
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      clearTimeout(timer);
      await opening;
      await run?.close();
      tell({ ended: true });
      for (const client of clients) client.close();
    })();
    return closing;
  }

  async function cut(): Promise<void> {
    const closed = close();
    const timer = setTimeout(() => {
      logger("warn", "store_cut", {});
      cutting.abort();
    }, options.cutMs ?? CUT_MS);
    await closed.finally(() => clearTimeout(timer));
  }

  const first = await startRun({ ...options, logger, reopened, openMsMax: null, cut: cutting.signal }, fell);
  run = first;
  return {
    store: createStoreClient(connect(), { logger, onClose: close }),
    recovery: first.recovery,
    connect,
    cut,
  };
}

const NOT_AGAIN = "It could not be opened again.";

type RunOptions = StoreInWorkerOptions & {
  logger: Logger;
  reopened: WorkerStart["reopened"];
  /** How long it may take to open it; null has no bound. */
  openMsMax: number | null;
  /** Ends the thread at once. */
  cut: AbortSignal;
};

/** Starts the thread once; resolves when its store is open. `fell` hears of its end, unless it was asked to close. */
async function startRun(options: RunOptions, fell: (why: string) => void): Promise<Run> {
  const { logger, openMsMax, cut, statementMsMax = STATEMENT_MS_MAX } = options;
  const watched = new SharedArrayBuffer(8);
  const workerData: WorkerStart = {
    location: options.location,
    seed: options.seed ?? null,
    program: options.program ?? null,
    bounds: options.bounds ?? LANE_BOUNDS,
    silentMsMax: options.silentMsMax ?? SILENT_MS_MAX,
    transactionMsMax: options.transactionMsMax ?? TRANSACTION_MS_MAX,
    watched,
    reopened: options.reopened,
  };
  const script = await workerScript();
  if (cut.aborted) throw new AppError("unavailable", "The store is closed.");
  const worker = new Worker(script, { workerData, name: "store" });
  const end = () => void worker.terminate();
  cut.addEventListener("abort", end);
  const give = (order: Order, transfer: TransferListItem[] = []) => worker.postMessage(order, transfer);
  const kinds = new Map<number, string>();

  return new Promise((resolve, reject) => {
    let state: "opening" | "open" | "closing" = "opening";
    let why = "Its thread ended.";
    let closed: { resolve(): void; reject(error: Error): void } | null = null;
    let closingError: Error | null = null;

    const looking = watchOver(watched, statementMsMax, (kind) => {
      why = `It was at one piece of work (${kinds.get(kind) ?? "unknown"}) for more than ${statementMsMax / 1000} s.`;
      end();
    });
    // Counted as looks too: a machine that stood still gives it the time that it lacked.
    let looks = 0;
    const opening =
      openMsMax === null
        ? undefined
        : setInterval(() => {
            looks += 1;
            if (looks < LOOKS) return;
            clearInterval(opening);
            why = `It was not open again after ${openMsMax / 1000} s.`;
            end();
          }, openMsMax / LOOKS);
    opening?.unref();

    worker.on("message", (said: Report) => {
      switch (said.report) {
        case "opened":
          state = "open";
          clearInterval(opening);
          worker.unref();
          looking.start();
          resolve({
            recovery: said.recovery,
            connect: (port) => give({ order: "connect", port }, [port]),
            close: () =>
              new Promise((done, fail) => {
                if (state !== "open") return done();
                state = "closing";
                closed = { resolve: done, reject: fail };
                worker.ref();
                give({ order: "close" });
              }),
          });
          return;
        case "not-opened":
          reject(fromWire(said.error));
          return;
        case "closed":
          closingError = said.error === null ? null : fromWire(said.error);
          return;
        case "kind":
          kinds.set(said.kind, said.name);
          return;
        case "log":
          logger(said.level, said.event, said.fields);
          return;
      }
    });
    worker.on("error", (error) => {
      why = `Its thread fell: ${error.message}`;
      logger("error", "store_thread_fell", { error });
    });
    worker.on("exit", () => {
      looking.stop();
      clearInterval(opening);
      cut.removeEventListener("abort", end);
      reject(new Error(why));
      const was = state;
      state = "closing";
      if (was === "open") fell(why);
      if (closingError === null) closed?.resolve();
      else closed?.reject(closingError);
    });
  });
}

/**
 * Looks again and again whether the database is still at the same piece of work, and says so when it was at every look for
 * this long. It counts looks and not time: a process that itself stood still finds nobody guilty.
 */
function watchOver(
  watched: SharedArrayBuffer,
  msMax: number,
  onStuck: (kind: number) => void,
): { start(): void; stop(): void } {
  const marks = new Int32Array(watched);
  let seen = 0;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setInterval(() => {
        const now = Atomics.load(marks, 0);
        const isBusy = now % 2 !== 0;
        looks = isBusy && now === seen ? looks + 1 : 0;
        seen = now;
        if (looks < LOOKS) return;
        looks = 0;
        onStuck(Atomics.load(marks, 1));
      }, msMax / LOOKS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
