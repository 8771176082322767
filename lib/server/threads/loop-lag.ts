import { monitorEventLoopDelay } from "node:perf_hooks";

/** How much later than asked a thread came to its work, in the last half minute to a minute. */
export type LoopLag = { lagP99Ms: number; lagMaxMs: number };

const RESOLUTION_MS = 20;
const HALF_MS = 30_000;

/** Watches the event loop of the thread that calls it. */
export function watchLoop(): { lag(): LoopLag; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const read = (): LoopLag => {
    const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e6) - RESOLUTION_MS);
    if (histogram.count === 0) return { lagP99Ms: 0, lagMaxMs: 0 };
    return { lagP99Ms: late(histogram.percentile(99)), lagMaxMs: late(histogram.max) };
  };
  let before: LoopLag = { lagP99Ms: 0, lagMaxMs: 0 };
  const turn = setInterval(() => {
    before = read();
    histogram.reset();
  }, HALF_MS);
  turn.unref();
  return {
    lag() {
      const now = read();
      return {
        lagP99Ms: Math.max(before.lagP99Ms, now.lagP99Ms),
        lagMaxMs: Math.max(before.lagMaxMs, now.lagMaxMs),
      };
    },
    stop() {
      clearInterval(turn);
      histogram.disable();
    },
  };
}
