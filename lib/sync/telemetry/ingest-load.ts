import type { Clock } from "@/lib/platform/clock";

/** How the taking in of batches stands. */
export type IngestLoad = {
  /** Batches that have come and are not answered, and how many there may be before another one is refused. */
  waiting: number;
  waitingMax: number;
  /** Since the oldest of them came. */
  oldestMs: number;
  /** What one takes while there are any, by the last minutes; 0 before the first. */
  msPerBatch: number;
};

export type LoadMeter = {
  /** A batch has come; what this answers with is called once when it is answered or refused. */
  begin(): () => void;
  read(): IngestLoad;
};

/** What was measured counts half after this time. */
const HALF_LIFE_MS = 30_000;
/** After such a silence, or a jump of the clock, what was measured before says nothing any more. */
const GAP_MS_MAX = 60_000;

/** Measures the taking in of batches from outside: when each came, and when it was answered. */
export function createLoadMeter({ clock, waitingMax }: { clock: Clock; waitingMax: number }): LoadMeter {
  const open = new Set<{ sinceMs: number }>();
  let busyMs = 0;
  let answered = 0;
  let lastMs = clock.nowMs();

  function moveOn(): number {
    const nowMs = clock.nowMs();
    const gapMs = nowMs - lastMs;
    lastMs = nowMs;
    if (gapMs <= 0) return nowMs;
    const isWhole = gapMs <= GAP_MS_MAX;
    const faded = isWhole ? 0.5 ** (gapMs / HALF_LIFE_MS) : 0;
    busyMs = busyMs * faded + (isWhole && open.size > 0 ? gapMs : 0);
    answered *= faded;
    return nowMs;
  }

  return {
    begin() {
      const batch = { sinceMs: moveOn() };
      open.add(batch);
      return () => {
        if (!open.has(batch)) return;
        moveOn();
        open.delete(batch);
        answered += 1;
      };
    },
    read() {
      const nowMs = moveOn();
      const [oldest] = open;
      return {
        waiting: open.size,
        waitingMax,
        oldestMs: oldest === undefined ? 0 : Math.max(0, nowMs - oldest.sinceMs),
        // One that hangs counts as one that is answered now.
        msPerBatch: open.size + answered === 0 ? 0 : busyMs / Math.max(1, answered),
      };
    },
  };
}
