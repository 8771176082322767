import { expect, test } from "vitest";
import type { PortalLimit } from "@/lib/contracts/portal";
import { effectWords, unmeasuredWords } from "./quota-words";

const ROW: PortalLimit = {
  ...{ name: "requestsPerSecond", effective: { warn: 45, max: 60, action: "throttle" }, source: "platform" },
  ...{ requested: null, observed: { p50: 9, p95: 44, max: 50 }, throttledDevices: 0, throttledDeviceShare: 0 },
  ...{ heldBack: null, p95ByDay: [] },
};
const heldBack = (more: Partial<NonNullable<PortalLimit["heldBack"]>>) => ({
  ...{ refused: 0, throttledMs: 0, evicted: 0, sinceVersion: 12 },
  ...{ firstAt: "2026-01-01T00:00:00.000Z", lastAt: "2026-01-02T00:00:00.000Z", ...more },
});

test("what is measured is told beside the limit; what no runtime reports says so, and so does a range without devices", () => {
  expect(unmeasuredWords(ROW, 3)).toBeNull();
  expect(unmeasuredWords({ ...ROW, observed: null }, 3)).toBe("not reported by the runtimes that ran it");
  expect(unmeasuredWords({ ...ROW, observed: null }, 0)).toBe("no device told of it in 14 d");
  expect(effectWords({ ...ROW, observed: null }, 3)).toEqual({ text: "–", why: null, isStrong: false });
});

test("a limit that held back says whom, since which version, and why", () => {
  const throttled = {
    ...ROW,
    throttledDevices: 2,
    throttledDeviceShare: 0.018,
    heldBack: heldBack({ throttledMs: 4000 }),
  };
  expect(effectWords(throttled, 120)).toEqual({
    ...{ text: "1.8 % of devices throttled since v12", isStrong: true },
    why: "Over 60 /s: held back 4 s",
  });
  expect(effectWords(throttled, 7000).text).toBe("about 1.8 % of devices throttled since v12");
  const refused = { ...ROW, heldBack: heldBack({ refused: 18_420 }) };
  expect(effectWords(refused, 120)).toMatchObject({ text: "18,420 calls refused since v12", why: "Over 60 /s" });
  const cache = { ...ROW, name: "cacheBytes" as const, heldBack: heldBack({ evicted: 1 }) };
  expect(effectWords(cache, 1)).toMatchObject({ text: "1 entry evicted since v12", isStrong: false });
});

test("one that held nothing back says how near it is, and what the manifest asks for", () => {
  expect(effectWords(ROW, 3)).toMatchObject({ text: "0 devices throttled", why: "Over the warning of 45 /s" });
  expect(effectWords({ ...ROW, observed: { p50: 1, p95: 2, max: 3 } }, 3).why).toBe("Within the warning");
  expect(effectWords({ ...ROW, requested: 90 }, 3).why).toBe("Your manifest asks for 90 /s");
  expect(effectWords({ ...ROW, requested: 60 }, 3).why).toBe("Over the warning of 45 /s");
  expect(effectWords({ ...ROW, effective: null }, 3).text).toBe("No limit");
});
