import type { Clock } from "@/lib/platform/clock";
import type { Timers } from "@/lib/platform/timers";

/** Time that passes when a test says so. */
export type ManualTime = {
  clock: Clock;
  timers: Timers;
  /** Lets this much time pass: what becomes due runs in its order, and what follows from it has its turns. */
  pass(ms: number): Promise<void>;
  /** Lets what is under way have its turns. */
  settle(): Promise<void>;
};

export function manualTime(): ManualTime {
  let nowMs = 0;
  const due = new Set<{ atMs: number; run: () => void }>();
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock: { nowMs: () => nowMs },
    timers: {
      after(ms, run) {
        const one = { atMs: nowMs + ms, run };
        due.add(one);
        return () => due.delete(one);
      },
    },
    settle,
    async pass(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = [...due].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        due.delete(next);
        nowMs = next.atMs;
        next.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}
