import { expect, test } from "vitest";
import { effectWords, heldBackWords, type LimitEffectRow } from "./limit-effect-words";

const ROW: LimitEffectRow = {
  ...{ name: "requestsPerSecond", effective: { warn: 45, max: 60, action: "throttle" } },
  ...{ observed: { p50: 9, p95: 44, max: 50 }, heldBack: null, heldBackDevices: 0, heldBackDeviceShare: 0 },
};
const heldBack = (more: Partial<NonNullable<LimitEffectRow["heldBack"]>>) => ({
  ...{ refused: 0, throttledMs: 0, evicted: 0, sinceVersion: 12 },
  ...{ firstAt: "2026-01-01T00:00:00.000Z", lastAt: "2026-01-02T00:00:00.000Z", ...more },
});

test("a limit that refused or slowed down says on how many devices, since which version, and what it cost", () => {
  const slowed = { ...ROW, heldBackDevices: 2, heldBackDeviceShare: 0.018, heldBack: heldBack({ throttledMs: 4000 }) };
  expect(effectWords(slowed, 120)).toEqual({
    ...{ text: "Held back 2 devices (1.8 %) since v12", isStrong: true },
    why: "Over 60 /s: held back 4 s",
  });
  const many = { ...slowed, heldBackDevices: 1260 };
  expect([heldBackWords(ROW), heldBackWords(slowed), heldBackWords(many)]).toEqual([
    ...[null, "2 devices held back", "about 1,260 devices held back"],
  ]);
  expect(effectWords(many, 7000).text).toBe("Held back about 1,260 devices (about 1.8 %) since v12");
  const refused = { ...slowed, heldBack: heldBack({ refused: 18_420 }) };
  expect(effectWords(refused, 120).why).toBe("Over 60 /s: 18,420 calls refused");
  const both = { ...slowed, heldBack: heldBack({ refused: 1, throttledMs: 4000 }) };
  expect(effectWords(both, 120).why).toBe("Over 60 /s: 1 call refused, held back 4 s");
});

test("one whose calls were refused never says that it held nothing back, though no device is known for them", () => {
  const late = { ...ROW, heldBack: heldBack({ refused: 3 }) };
  expect(effectWords(late, 120)).toEqual({
    ...{ text: "Held back since v12", why: "Over 60 /s: 3 calls refused", isStrong: true },
  });
});

test("one that held nothing back says how near it is", () => {
  expect(effectWords(ROW, 3)).toMatchObject({ text: "Held back 0 devices", why: "Over the warning of 45 /s" });
  expect(effectWords({ ...ROW, observed: { p50: 1, p95: 2, max: 3 } }, 3).why).toBe("Within the warning");
  expect(effectWords({ ...ROW, observed: null }, 3)).toEqual({ text: "–", why: null, isStrong: false });
  expect(effectWords({ ...ROW, effective: null }, 3).text).toBe("No limit");
  const cache = { ...ROW, name: "cacheBytes" as const, heldBack: heldBack({ evicted: 1 }) };
  expect(effectWords(cache, 1)).toMatchObject({ text: "1 entry evicted since v12", isStrong: false });
});
