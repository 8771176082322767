import { warnThreshold } from "../../core/limits/effective-limits";
import type { Limit } from "../../core/shapes/claims";

export type MemoryWatch = {
  /**
   * Called at every look with what was had for little: answers a whole reading where one is due, else undefined. Limits act
   * and reports are made on whole readings alone.
   */
  look(atMs: number, residentBytes: number, limit: Limit, readWhole: () => number): number | undefined;
  /** The next look takes a whole reading: what it is compared with has changed. */
  expect(): void;
};

/** A whole reading is made at least this often. */
export const WHOLE_READING_MS = 30_000;
/** From here on, of the lower of `warn` and `max`, each look takes one. */
const NEAR = 0.75;

/**
 * Decides when a program's memory is worth the dear reading: at its start, every 30 seconds, and at each look while it is
 * near a limit, by what the last whole reading saw beside the cheap one of its time, or was then.
 */
export function createMemoryWatch(): MemoryWatch {
  let last: { atMs: number; bytes: number; unseenBytes: number } | undefined;
  return {
    look(atMs, residentBytes, limit, readWhole) {
      const near = Math.min(warnThreshold(limit), limit.max) * NEAR;
      const isDue =
        last === undefined ||
        atMs - last.atMs >= WHOLE_READING_MS ||
        last.bytes > near ||
        residentBytes + last.unseenBytes > near;
      if (!isDue) return undefined;
      const bytes = readWhole();
      last = { atMs, bytes, unseenBytes: Math.max(0, bytes - residentBytes) };
      return bytes;
    },
    expect() {
      last = undefined;
    },
  };
}
