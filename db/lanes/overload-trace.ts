import type { Logger } from "@/lib/platform/logger";
import { LANES, type Lane } from "../store";

/** What a store refused for want of room or time: counted by lane, and logged when it begins and when it is over. */
export type OverloadTrace = {
  refused(lane: Lane): number;
  /** `how` is asked where it begins: what the store was at. */
  note(lane: Lane, why: string, how: () => Record<string, unknown>): void;
  /** Nobody waits any more. */
  over(): void;
};

export function createOverloadTrace(logger: Logger, nowMs: () => number): OverloadTrace {
  const counts = new Map<Lane, number>();
  let begun: { sinceMs: number; before: Map<Lane, number> } | null = null;
  const countOf = (lane: Lane) => counts.get(lane) ?? 0;
  return {
    refused: countOf,
    note(lane, why, how) {
      if (begun === null) {
        begun = { sinceMs: nowMs(), before: new Map(counts) };
        logger("warn", "store_overloaded", { lane, why, ...how() });
      }
      counts.set(lane, countOf(lane) + 1);
    },
    over() {
      if (begun === null) return;
      const { sinceMs, before } = begun;
      begun = null;
      const refused = Object.fromEntries(LANES.map((lane) => [lane, countOf(lane) - (before.get(lane) ?? 0)]));
      logger("warn", "store_overload_over", { lastedMs: Math.round(nowMs() - sinceMs), refused });
    },
  };
}
