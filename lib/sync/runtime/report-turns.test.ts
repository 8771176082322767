import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueBetween } from "./report-turns";

const TICK_MS = 250;
const fleet = (size: number) => new Set(Array.from({ length: size }, (_, n) => `dev_${String(n).padStart(5, "0")}`));

/** Who is asked when, by a process that looks every tick from `startMs` on. */
function asked(deviceIds: ReadonlySet<string>, startMs: number, forMs: number, tickMs = TICK_MS) {
  const found: { id: string; atMs: number }[] = [];
  for (let atMs = startMs + tickMs; atMs <= startMs + forMs; atMs += tickMs) {
    for (const id of dueBetween(deviceIds, atMs - tickMs, atMs)) found.push({ id, atMs });
  }
  return found;
}

describe("turns of devices that are asked to report", () => {
  it("are fifty in any second at most, however many there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(10_000_000), (size, startMs) => {
        for (const perSecond of [0, 1, 2].map((n) =>
          dueBetween(fleet(size), startMs + n * 1000, startMs + (n + 1) * 1000),
        ))
          expect(perSecond.length).toBeLessThanOrEqual(50);
      }),
      { numRuns: 50 },
    );
  });

  it("come every 3 s for each of 150 devices, and for each of more in turn", () => {
    for (const [size, turnMs] of [
      [1, 3000],
      [150, 3000],
      [1000, 20_000],
    ] as const) {
      const times = new Map<string, number>();
      for (const { id } of asked(fleet(size), 7_000_123, turnMs)) times.set(id, (times.get(id) ?? 0) + 1);
      expect([times.size, Math.max(...times.values())]).toEqual([size, 1]);
    }
  });

  it("are the same in every process, whenever each of them looks", () => {
    const one = asked(fleet(40), 9_000_000, 6000);
    const other = asked(fleet(40), 9_000_000, 6000, 500);
    expect(other.map(({ id }) => id).sort()).toEqual(one.map(({ id }) => id).sort());
  });

  it("are not made up for by a process that was held up", () => {
    expect(dueBetween(fleet(1000), 0, 60_000).length).toBeLessThanOrEqual(50);
  });

  it("are nobody's where the clock went back", () => {
    expect(dueBetween(fleet(100), 60_000, 0)).toEqual([]);
  });
});
