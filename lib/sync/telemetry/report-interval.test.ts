import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IngestLoad } from "./ingest-load";
import {
  intervalOf,
  type LoadPace,
  presentSeconds,
  RAISED_SECONDS_MAX,
  stepPace,
  wantedSeconds,
} from "./report-interval";

const IDLE: IngestLoad = { waiting: 0, waitingMax: 100, oldestMs: 0, msPerBatch: 0 };
const load = fc.record({
  waiting: fc.nat(1000),
  waitingMax: fc.integer({ min: 1, max: 1000 }),
  oldestMs: fc.nat(60_000),
  msPerBatch: fc.double({ min: 0, max: 60_000, noNaN: true }),
});
const documentSeconds = fc.integer({ min: 1, max: 3600 });
const devices = fc.nat(20_000);
const pace = fc.record({ seconds: fc.double({ min: 0, max: RAISED_SECONDS_MAX, noNaN: true }), atMs: fc.nat(1e9) });
const DOWN_MS = 120_000;

describe("what load asks for", () => {
  it("never falls where more devices report, a batch takes longer, more wait, or the oldest waits longer", () => {
    fc.assert(
      fc.property(load, load, devices, fc.nat(1000), documentSeconds, (one, more, count, further, seconds) => {
        const worse = {
          ...one,
          waiting: one.waiting + more.waiting,
          oldestMs: one.oldestMs + more.oldestMs,
          msPerBatch: one.msPerBatch + more.msPerBatch,
        };
        expect(wantedSeconds(worse, count + further, seconds)).toBeGreaterThanOrEqual(
          wantedSeconds(one, count, seconds),
        );
      }),
    );
  });

  it("is nothing where nothing waits and batches take no time, and ten minutes at most", () => {
    fc.assert(
      fc.property(load, devices, documentSeconds, (any, count, seconds) => {
        expect(wantedSeconds(IDLE, count, seconds)).toBe(0);
        expect(wantedSeconds(any, count, seconds)).toBeLessThanOrEqual(RAISED_SECONDS_MAX);
      }),
    );
  });

  it("keeps the taking in half busy: 800 devices of 10 ms each report every 16 s", () => {
    expect(wantedSeconds({ ...IDLE, waiting: 2, msPerBatch: 10 }, 800, 5)).toBe(16);
  });

  it("is sixteen times the document's interval where the queue is full, or the oldest of a crowd has waited 5 s", () => {
    expect(wantedSeconds({ ...IDLE, waiting: 100 }, 1, 5)).toBe(80);
    expect(wantedSeconds({ ...IDLE, waiting: 1000 }, 1, 5)).toBe(80);
    expect(wantedSeconds({ ...IDLE, waiting: 16, oldestMs: 5000 }, 1, 5)).toBe(80);
  });

  it("is what its own time asks for of one batch that is slow by itself", () => {
    expect(wantedSeconds({ ...IDLE, waiting: 1, oldestMs: 60_000, msPerBatch: 5000 }, 1, 60)).toBe(10);
  });
});

describe("the present interval", () => {
  it("is never below the document's, and above it ten minutes at most", () => {
    fc.assert(
      fc.property(pace, documentSeconds, (any, seconds) => {
        const present = presentSeconds(any, seconds);
        expect(present).toBeGreaterThanOrEqual(seconds);
        expect(present).toBeLessThanOrEqual(Math.max(seconds, RAISED_SECONDS_MAX));
      }),
    );
  });

  it("never falls where more is wanted, and never by more than half in two minutes", () => {
    const wanted = fc.double({ min: 0, max: RAISED_SECONDS_MAX, noNaN: true });
    fc.assert(
      fc.property(pace, wanted, wanted, fc.nat(DOWN_MS), (from, one, other, elapsedMs) => {
        const nowMs = from.atMs + elapsedMs;
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const next = stepPace(from, less, nowMs);
        expect(stepPace(from, more, nowMs).seconds).toBeGreaterThanOrEqual(next.seconds);
        expect(next.seconds).toBeGreaterThanOrEqual(from.seconds / 2);
        expect(stepPace(from, more, nowMs).seconds).toBeGreaterThanOrEqual(more);
      }),
    );
  });

  it("stays where a little less is wanted, so that it does not move to and fro", () => {
    expect(stepPace({ seconds: 100, atMs: 0 }, 81, DOWN_MS)).toEqual({ seconds: 100, atMs: DOWN_MS });
  });

  it("falls to what is wanted and no further, however long that took", () => {
    expect(stepPace({ seconds: 100, atMs: 0 }, 50, DOWN_MS * 10)).toEqual({ seconds: 50, atMs: DOWN_MS * 10 });
  });

  it("comes back to the document's once nothing is wanted, in however many steps", () => {
    fc.assert(
      fc.property(pace, documentSeconds, fc.integer({ min: 1, max: 50 }), (from, seconds, steps) => {
        let now: LoadPace = from;
        const overMs = DOWN_MS * 10;
        for (let step = 1; step <= steps; step += 1) now = stepPace(now, 0, from.atMs + (overMs * step) / steps);
        expect(presentSeconds(now, seconds)).toBe(seconds);
      }),
    );
  });

  it("falls no faster for a clock that goes back", () => {
    expect(stepPace({ seconds: 100, atMs: 1_000_000 }, 0, 0).seconds).toBe(100);
  });
});

describe("a device's own interval", () => {
  it("is the same each time, the present one or up to a tenth more", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 3600 }), (deviceId, seconds) => {
        const own = intervalOf(deviceId, seconds);
        expect(own).toBe(intervalOf(deviceId, seconds));
        expect(own).toBeGreaterThanOrEqual(seconds);
        expect(own).toBeLessThanOrEqual(seconds * 1.1);
      }),
    );
  });

  it("differs within a fleet, so that it does not report in step", () => {
    const fleet = Array.from({ length: 500 }, (_, index) => intervalOf(`dev_${index}`, 600));
    expect(new Set(fleet).size).toBeGreaterThan(50);
  });
});
