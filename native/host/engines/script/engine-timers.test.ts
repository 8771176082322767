import { beforeEach, describe, expect, it } from "vitest";
import { createEngineTimers, type EngineTimers, TIMERS_MAX } from "./engine-timers";

let started: { run: () => void; delayMs: number; repeats: boolean }[];
let fired: number[];
let timers: EngineTimers;

beforeEach(() => {
  started = [];
  fired = [];
  timers = createEngineTimers(
    {
      start: (run, delayMs, repeats) => {
        const timer = { run, delayMs, repeats };
        started.push(timer);
        return () => {
          started = started.filter((other) => other !== timer);
        };
      },
    },
    (token) => fired.push(token),
  );
});

describe("a program's timers", () => {
  it("can't be a way to spin or to sleep past the clock's end", () => {
    for (const delay of [0, -5, Number.NaN, Number.POSITIVE_INFINITY]) timers.start(delay, true);
    timers.start(1e300, false);
    expect(started.map((timer) => timer.delayMs)).toEqual([4, 4, 4, 4, 2_147_483_647]);
  });

  it("are so many and no more, and room comes back", () => {
    for (let count = 0; count < TIMERS_MAX; count += 1) expect(timers.start(10, false)).toBeGreaterThan(0);
    expect(timers.start(10, false)).toBe(0);
    started[0]?.run();
    expect(timers.start(10, false)).toBeGreaterThan(0);
    timers.stop(5);
    expect(timers.start(10, false)).toBeGreaterThan(0);
  });
});
