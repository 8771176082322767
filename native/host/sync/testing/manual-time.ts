import type { HostClock, HostTimers } from "../../ports";

/** Time that passes when the test says so. Timers that fall due run in their order. */
export type ManualTime = {
  clock: HostClock;
  timers: HostTimers;
  /** Both clocks go on; every timer that falls due runs, and what it starts gets a turn. */
  pass(ms: number): Promise<void>;
  /** The wall clock alone. */
  jump(ms: number): void;
  readonly pending: number;
};

/** Lets everything that is ready run: promises, streams, files in memory, and what waits in the pool of threads. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    // Signatures are verified by the same pool: what was asked before this digest had a thread before it.
    await globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(1));
  }
}

export function createManualTime(startMs: number): ManualTime {
  let wall = startMs;
  let monotonic = 0;
  let waiting: { at: number; run: () => void }[] = [];
  return {
    clock: { nowMs: () => wall, monotonicMs: () => monotonic },
    timers: {
      after(delayMs, run) {
        const entry = { at: monotonic + delayMs, run };
        waiting.push(entry);
        return () => {
          waiting = waiting.filter((other) => other !== entry);
        };
      },
    },
    async pass(ms) {
      const end = monotonic + ms;
      await settle();
      for (;;) {
        const next = waiting.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        waiting = waiting.filter((entry) => entry !== next);
        const step = Math.max(0, next.at - monotonic);
        monotonic += step;
        wall += step;
        next.run();
        await settle();
      }
      wall += end - monotonic;
      monotonic = end;
      await settle();
    },
    jump(ms) {
      wall += ms;
    },
    get pending() {
      return waiting.length;
    },
  };
}
