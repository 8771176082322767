import { beforeEach, describe, expect, it } from "vitest";
import type { HostTurns } from "../ports";
import { createHostTurns } from "./host-turns";

let now: number;
let soon: (() => void)[];
let timers: { at: number; run: () => void }[];
let turns: HostTurns;

/** Runs what waits for the thread; where nothing does, time goes on to the next timer. */
function go(untilMs: number): void {
  while (now < untilMs) {
    const next = soon.shift();
    if (next) {
      next();
      continue;
    }
    const [due] = timers.sort((a, b) => a.at - b.at);
    if (due === undefined || due.at > untilMs) break;
    timers.shift();
    now = Math.max(now, due.at);
    due.run();
  }
  now = Math.max(now, untilMs);
}

beforeEach(() => {
  now = 0;
  soon = [];
  timers = [];
  turns = createHostTurns({
    monotonicMs: () => now,
    timers: {
      after: (delayMs, run) => {
        const timer = { at: now + delayMs, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((one) => one !== timer);
        };
      },
    },
    later: (run) => soon.push(run),
  });
});

/** Work without end, of steps that take so long. */
const storm = (stepMs: number) =>
  turns.join(() => {
    now += stepMs;
    return true;
  });

describe("the host's thread", () => {
  it("is had by nobody for more than its share, however much there is to do", () => {
    const share = storm(1);
    share.wake();
    go(10_000);
    expect(share.takeCpuMs()).toBeLessThan(10_000 * 0.25 + 60);
    expect(share.takeCpuMs()).toBe(0);
  });

  it("is the host's own for half of the time, however many want it", () => {
    const shares = Array.from({ length: 8 }, () => storm(1));
    for (const share of shares) share.wake();
    go(10_000);
    const all = shares.map((share) => share.takeCpuMs());
    expect(all.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(10_000 * 0.5 + 8 * 60);
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(30);
  });

  it("goes to whoever has used least of it: a storm of others costs a good program one slice at most", () => {
    const storms = Array.from({ length: 5 }, () => storm(1));
    for (const share of storms) share.wake();
    const waited: number[] = [];
    let askedAt = 0;
    const good = turns.join(() => {
      waited.push(now - askedAt);
      now += 0.1;
      return false;
    });
    for (let at = 100; at < 5_000; at += 50) {
      go(at);
      askedAt = now;
      good.wake();
    }
    go(6_000);
    expect(waited).toHaveLength(98);
    expect(Math.max(...waited)).toBeLessThanOrEqual(3);
  });

  it("is paid for by the program that a piece of work was done for, also outside its turn, and when it fails", () => {
    const share = turns.join(() => false);
    expect(() =>
      share.charge(() => {
        now += 7;
        throw new Error("failed");
      }),
    ).toThrow("failed");
    expect(share.takeCpuMs()).toBe(7);
  });

  it("forgets no work that comes up while some is done", () => {
    let steps = 0;
    const share = turns.join(() => {
      steps += 1;
      if (steps === 1) share.wake();
      return false;
    });
    share.wake();
    go(100);
    expect(steps).toBe(2);
  });

  it("does nothing any more for a program that is gone", () => {
    let steps = 0;
    const share = turns.join(() => {
      steps += 1;
      return true;
    });
    share.wake();
    share.leave();
    share.wake();
    go(100);
    expect(steps).toBe(0);
  });
});
