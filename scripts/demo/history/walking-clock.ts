import type { Clock } from "@/lib/platform/clock";
import type { Machine } from "@/lib/platform/machine";

/** A clock that is walked, and the uptime of a machine that was started when it set out. */
export type WalkingClock = { clock: Clock; machine: Machine; to(ms: number): void };

export function createWalkingClock(fromMs: number): WalkingClock {
  let nowMs = fromMs;
  return {
    clock: { nowMs: () => nowMs },
    machine: { bootId: `walk-${fromMs}`, name: "the demo's past", uptimeMs: () => nowMs - fromMs + 60_000 },
    to(ms) {
      if (ms < nowMs) throw new Error("time does not go back");
      nowMs = ms;
    },
  };
}

/** Numbers that look like chance and are the same each time: mulberry32, from 0 to 1. */
export type Chance = () => number;

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
