import { beforeEach, describe, expect, it } from "vitest";
import { createDutyThrottle, type DutyThrottle } from "./duty-throttle";

let now: number;
let due: { at: number; run: () => void }[];
let stopped: boolean;
let ranMs: number;
let throttle: DutyThrottle;

/** Turns the clock, running what falls due, and counts the time in which the program could run. */
function advance(ms: number): void {
  const end = now + ms;
  while (now < end) {
    const next = due.sort((one, other) => one.at - other.at)[0];
    const until = Math.min(next?.at ?? end, end);
    if (!stopped) ranMs += until - now;
    now = until;
    if (next !== undefined && next.at <= now) {
      due.shift();
      next.run();
    }
  }
}

beforeEach(() => {
  now = 0;
  due = [];
  stopped = false;
  ranMs = 0;
  throttle = createDutyThrottle(
    {
      pause: () => {
        stopped = true;
      },
      resume: () => {
        stopped = false;
      },
    },
    { monotonicMs: () => now },
    {
      after: (delayMs, run) => {
        const entry = { at: now + delayMs, run };
        due.push(entry);
        return () => {
          due = due.filter((other) => other !== entry);
        };
      },
    },
  );
});

describe("holding a program back", () => {
  it("leaves it the share of the time that it was given", () => {
    throttle.setShare(0.1);
    advance(60_000);
    expect(ranMs).toBe(6_000);
    expect(throttle.heldMs()).toBe(54_000);
  });

  it("freezes it wholly at nothing, until it is let go", () => {
    throttle.setShare(0);
    advance(10_000);
    expect(ranMs).toBe(0);
    throttle.setShare(1);
    advance(1_000);
    expect(ranMs).toBe(1_000);
    expect(throttle.heldMs()).toBe(10_000);
  });

  it("never leaves it standing when the throttle itself ends", () => {
    throttle.setShare(0.5);
    throttle.stop();
    expect(stopped).toBe(false);
    advance(5_000);
    expect(ranMs).toBe(5_000);
  });
});
