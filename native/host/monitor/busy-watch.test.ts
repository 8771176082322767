import { describe, expect, it } from "vitest";
import { createBusyWatch } from "./busy-watch";

/** Looks of a second each, by what was used in it. */
const looks = (used: readonly number[]): boolean[] => {
  const watch = createBusyWatch();
  return used.map((cpuMs) => watch.look(cpuMs, 1_000));
};
const times = (count: number, cpuMs: number): number[] => Array.from({ length: count }, () => cpuMs);

describe("a program that is busy", () => {
  it("has worked hard for two seconds on end", () => {
    expect(looks([1_000, 1_000])).toEqual([false, true]);
    expect(looks([1_000, 50, 1_000, 50, 1_000, 50]).includes(true)).toBe(false);
    expect(looks(times(60, 100)).includes(true)).toBe(false);
  });

  it("is none for what it used to start", () => {
    const watch = createBusyWatch();
    expect([watch.look(200, 200), watch.look(700, 1_000), watch.look(10, 1_000)]).toEqual([false, false, false]);
  });

  it("stays it while it is held back to eight in a hundred, and until it has rested for ten seconds", () => {
    expect(looks([1_000, 1_000, ...times(60, 80)]).at(-1)).toBe(true);
    expect(looks([1_000, 1_000, ...times(9, 0), 80, ...times(9, 0)]).at(-1)).toBe(true);
    expect(looks([1_000, 1_000, ...times(10, 0)]).at(-1)).toBe(false);
  });
});
