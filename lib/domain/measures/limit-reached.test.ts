import { expect, test } from "vitest";
import { isLimitReached } from "./limit-reached";

const used = (observed: number | null, heldBack = { refused: 0, throttledMs: 0 }) => ({
  name: "requestsPerSecond" as const,
  effective: { max: 60 },
  observed: observed === null ? null : { max: observed },
  heldBack,
});

test("a limit is reached where it refused, held back, or was come up to", () => {
  expect(isLimitReached(used(59))).toBe(false);
  expect(isLimitReached(used(60))).toBe(true);
  expect(isLimitReached(used(null, { refused: 1, throttledMs: 0 }))).toBe(true);
  expect(isLimitReached(used(1, { refused: 0, throttledMs: 5 }))).toBe(true);
});

test("never where none is set or nothing was measured, and never by a cache, which is meant to be full", () => {
  expect(isLimitReached({ ...used(99), effective: null })).toBe(false);
  expect(isLimitReached(used(null))).toBe(false);
  expect(isLimitReached({ ...used(null), heldBack: null })).toBe(false);
  expect(isLimitReached({ ...used(60), name: "cacheBytes" })).toBe(false);
});
