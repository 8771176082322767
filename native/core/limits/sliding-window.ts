/**
 * The sum of what happened in (t − W, t], exact at every instant, not only at samples (spec §5, Limits): what happened at
 * `a` leaves at `a + W` to the millisecond.
 */
export type SlidingWindow = {
  readonly lengthMs: number;
  readonly sum: number;
  add(atMs: number, amount: number): void;
  /**
   * Moves to a later instant. Answers the instant at which the sum, by what left, came down to `level` from above it;
   * undefined if it did not.
   */
  advance(toMs: number, level: number): number | undefined;
  /** Milliseconds from `atMs` until the sum is at most `level`, if nothing is added; the whole window if it never is. */
  msUntil(level: number, atMs: number): number;
};

type Entry = { atMs: number; amount: number };

/** Entries that were passed are cut off in one go once they are this many, so that each costs constant time. */
const PASSED_MAX = 1024;

export function createSlidingWindow(lengthMs: number): SlidingWindow {
  let entries: Entry[] = [];
  let first = 0;
  let sum = 0;

  return {
    lengthMs,
    get sum() {
      return sum;
    },
    add(atMs, amount) {
      if (amount === 0) return;
      sum += amount;
      const last = entries.at(-1);
      if (last !== undefined && entries.length > first && last.atMs === atMs) last.amount += amount;
      else entries.push({ atMs, amount });
    },
    advance(toMs, level) {
      let cameDownAt: number | undefined;
      for (let entry = entries[first]; entry !== undefined; entry = entries[first]) {
        const leavesAt = entry.atMs + lengthMs;
        if (leavesAt > toMs) break;
        const wasAbove = sum > level;
        sum -= entry.amount;
        first++;
        if (wasAbove && sum <= level) cameDownAt = leavesAt;
      }
      if (first > PASSED_MAX) {
        entries = entries.slice(first);
        first = 0;
      }
      return cameDownAt;
    },
    msUntil(level, atMs) {
      let left = sum;
      for (let index = first; left > level; index++) {
        const entry = entries[index];
        if (entry === undefined) return lengthMs;
        left -= entry.amount;
        if (left <= level) return Math.max(0, entry.atMs + lengthMs - atMs);
      }
      return 0;
    },
  };
}
