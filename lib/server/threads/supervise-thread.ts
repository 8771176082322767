import { type TransferListItem, Worker } from "node:worker_threads";
import type { ThreadFigures } from "@/lib/contracts/readiness";
import type { ThreadName } from "@/lib/domain/readiness-names";
import type { Logger } from "@/lib/platform/logger";
import { systemTimers, type Timers } from "@/lib/platform/timers";
import { type Calls, type Line, openLine } from "./line";
import type { LoopLag } from "./loop-lag";
import type { ThreadScript } from "./thread-script";

/** How long ago a thread says that it is there, at most. */
export const HEARTBEAT_MS = 1_000;
/** A thread that runs and was not heard at so many looks, a second apart, hangs: it is ended. */
const SILENT_LOOKS_MAX = 30;
/** Nobody waits longer for a thread to stop by itself. */
const STOP_MS = 1_500;
const BACK_OFF_MS = { first: 250, most: 30_000 } as const;
/** A thread that ran for so long is started again at once. */
const SETTLED_MS = 60_000;

/** What every thread is asked by the one that started it. */
export type ThreadCalls = {
  /** Ends what is open, in order. */
  stop(input: null): Promise<null>;
};

/** What every thread tells the one that started it, before and beside its own. */
export type HostCalls = {
  /** Everything is open; from now on it answers. */
  up(input: null): Promise<null>;
  beat(lag: LoopLag): Promise<null>;
};

export type ThreadStart = { data: unknown; transfer?: TransferListItem[] };

export type Supervised<Theirs extends ThreadCalls & Calls> = {
  /** The line to the thread that runs; null while none is up. */
  line(): Line<Theirs> | null;
  /** Resolves at the first time that the thread is up; rejects with what ended it before. */
  firstUp: Promise<void>;
  figures(): ThreadFigures;
  /** Stops it, ending it where it does not stop by itself. */
  stop(): Promise<void>;
};

/**
 * Runs a thread, and starts it again with back-off whenever it ends: by an error that nobody caught, for want of memory,
 * or by itself. One that hangs is ended after 30 looks, a second apart, at which nothing was heard of it: counted by looks and
 * not by time, a process that itself stood still finds nobody guilty. Each start and end is logged. What waits for an answer of a thread that ended is told `unavailable`.
 */
export function superviseThread<Theirs extends ThreadCalls & Calls>(options: {
  name: ThreadName;
  script: ThreadScript;
  /** Made anew for each start. */
  start(): ThreadStart;
  /** What the thread may ask this one. */
  calls: Calls;
  memoryMib: number;
  logger: Logger;
  onUp?(): void;
  onDown?(): void;
  uptimeMs?: () => number;
  timers?: Timers;
}): Supervised<Theirs> {
  const { name, script, calls, memoryMib, logger, uptimeMs = () => performance.now(), timers = systemTimers } = options;
  let current: { worker: Worker; line: Line<Theirs>; isUp: boolean; upMs: number; ended: Promise<void> } | undefined;
  let lag: LoopLag | null = null;
  let starts = 0;
  let backOffMs: number = BACK_OFF_MS.first;
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let endedMs = uptimeMs();
  let settleFirst: { resolve(): void; reject(error: unknown): void } | undefined;
  const firstUp = new Promise<void>((resolve, reject) => {
    settleFirst = { resolve, reject };
  });
  // Whoever waits for it hears of it too; nobody has to, since it is logged.
  firstUp.catch(() => undefined);

  function start(): void {
    timer = undefined;
    starts += 1;
    const { data, transfer = [] } = options.start();
    const worker = new Worker(script.script, {
      eval: script.isText,
      workerData: data,
      transferList: transfer,
      resourceLimits: { maxOldGenerationSizeMb: memoryMib },
    });
    const own: Calls = {
      ...calls,
      async up() {
        if (current?.worker !== worker) return null;
        current = { ...current, isUp: true, upMs: uptimeMs() };
        logger("info", "thread_up", { thread: name, starts });
        options.onUp?.();
        settleFirst?.resolve();
        watch();
        return null;
      },
      async beat(told: LoopLag) {
        lag = told;
        return null;
      },
    };
    const line = openLine<Theirs>(worker, own, logger, uptimeMs);
    let stopWatching: () => void = () => undefined;
    function watch(): void {
      let heard = line.heardTimes();
      let silentLooks = 0;
      const look = () => {
        silentLooks = line.heardTimes() === heard ? silentLooks + 1 : 0;
        heard = line.heardTimes();
        if (silentLooks < SILENT_LOOKS_MAX) {
          stopWatching = timers.after(HEARTBEAT_MS, look);
          return;
        }
        logger("error", "thread_hangs", { thread: name, silentS: (silentLooks * HEARTBEAT_MS) / 1000 });
        void worker.terminate();
      };
      stopWatching = timers.after(HEARTBEAT_MS, look);
    }
    let failure: unknown;
    worker.on("error", (error) => {
      failure = error;
      logger("error", "thread_failed", { thread: name, error });
    });
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", (code) => {
        stopWatching();
        line.cut("This part of the server fell, and is started again. Whether what was asked was done is not known.");
        const wasUp = current?.isUp === true;
        if (wasUp && uptimeMs() - (current?.upMs ?? 0) > SETTLED_MS) backOffMs = BACK_OFF_MS.first;
        current = undefined;
        lag = null;
        endedMs = uptimeMs();
        settleFirst?.reject(failure ?? new Error(`the thread ${name} ended with ${code}`));
        if (wasUp) options.onDown?.();
        resolve();
        if (isStopping) return;
        logger("error", "thread_ended", { thread: name, code, startsAgainInMs: backOffMs });
        timer = setTimeout(start, backOffMs);
        backOffMs = Math.min(BACK_OFF_MS.most, backOffMs * 2);
      });
    });
    current = { worker, line, isUp: false, upMs: 0, ended };
  }

  start();
  return {
    line: () => (current?.isUp === true ? current.line : null),
    firstUp,
    figures() {
      const state = current === undefined ? "down" : current.isUp ? "running" : "starting";
      const silentMs = Math.round(uptimeMs() - (current?.line.heardMs() ?? endedMs));
      return { name, state, starts, lagP99Ms: lag?.lagP99Ms ?? null, lagMaxMs: lag?.lagMaxMs ?? null, silentMs };
    },
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      if (current === undefined) return;
      const { worker, line, isUp, ended } = current;
      if (!isUp) {
        await worker.terminate();
        return;
      }
      const late = setTimeout(() => {
        logger("warn", "thread_ended_by_force", { thread: name });
        void worker.terminate();
      }, STOP_MS);
      // Whether it stops or falls over it, it is over.
      await line.ask("stop", null as never).catch(() => null);
      clearTimeout(late);
      await worker.terminate();
      await ended;
    },
  };
}
