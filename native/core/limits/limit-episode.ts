import type { LimitName, MeterAction } from "../codes";
import type { Limit } from "../shapes/claims";
import { warnThreshold } from "./effective-limits";

/**
 * How a limit stops what is over it (spec §5, Limits): `admission` refuses it beforehand and does not count it,
 * `measured` acts after it, `evicted` makes room.
 */
export type LimitKind = "admission" | "measured" | "evicted";

/** What a limit is told at one instant. */
export type Reckoning = {
  atMs: number;
  /** The sum of the window, or the value. */
  level: number;
  /** Greater than `max`; of an admission limit, that something was refused. */
  isOver: boolean;
};

/**
 * One limit's memory between instants: whether it has warned, and whether it is crossed. One action when it is crossed
 * and one `release`, however often it is over in between.
 */
export type LimitEpisode = {
  /** When, in a crossed window, the sum came down to `max`; told before the reckoning of a later instant. */
  cameDown(atMs: number): void;
  reckon(limit: Limit, reckoning: Reckoning): MeterAction[];
  /** Forgets a limit that is no longer given. */
  reset(): void;
};

export function createLimitEpisode(kind: LimitKind, windowMs: number | null): LimitEpisode {
  let hasWarned = false;
  let isCrossed = false;
  /** Since when the sum has been at or below `max` without a break; undefined while it is over. */
  let quietSinceMs: number | undefined;

  /** A value is released at once; a window after a whole window, the instant of being over not part of it. */
  const isReleased = ({ atMs, isOver }: Reckoning) => {
    if (windowMs === null) return !isOver;
    if (quietSinceMs === undefined) return false;
    const wholeAt = quietSinceMs + windowMs;
    return isOver ? atMs > wholeAt : atMs >= wholeAt;
  };

  return {
    cameDown(atMs) {
      if (isCrossed && quietSinceMs === undefined) quietSinceMs = atMs;
    },
    reckon(limit, reckoning) {
      const { atMs, level, isOver } = reckoning;
      const actions: MeterAction[] = [];
      if (isCrossed && isReleased(reckoning)) {
        isCrossed = false;
        actions.push("release");
      }
      if (level <= warnThreshold(limit)) hasWarned = false;
      else if (!hasWarned) {
        hasWarned = true;
        actions.push("warn");
      }
      if (isOver && !isCrossed) {
        isCrossed = true;
        actions.push(...crossingActions(kind, limit));
      }
      // What an admission limit refuses is over at that instant alone; a measured sum stays over until it comes down.
      if (isOver) quietSinceMs = kind === "admission" ? atMs : undefined;
      else quietSinceMs ??= atMs;
      return actions;
    },
    reset() {
      hasWarned = false;
      isCrossed = false;
      quietSinceMs = undefined;
    },
  };
}

function crossingActions(kind: LimitKind, { action }: Limit): MeterAction[] {
  if (kind === "measured") return [action];
  if (kind === "evicted") return ["evict"];
  return action === "suspend" || action === "kill" ? ["refuse", action] : ["refuse"];
}

/** `level` is what the limit was told: the sum of its window, or the value. */
export type MeterEvent = { atMs: number; limit: LimitName; action: MeterAction; level: number };
