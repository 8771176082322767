import { expect, test } from "vitest";
import type { PortalLimit } from "@/lib/contracts/portal";
import { leftOutWords, unmeasuredWords, wishWords } from "./quota-words";

const ROW: PortalLimit = {
  ...{ name: "requestsPerSecond", effective: { warn: 45, max: 60, action: "throttle" }, source: "platform" },
  ...{ requested: null, observed: { p50: 9, p95: 44, max: 50 }, heldBackDevices: 0, heldBackDeviceShare: 0 },
  ...{ heldBack: null, toldBy: ["linux"], leftOutBy: [], p95ByDay: [] },
};

test("what is measured stands beside the limit; what runtimes leave out names them, and is never said of nobody's silence", () => {
  expect(unmeasuredWords(ROW)).toBeNull();
  expect(leftOutWords(ROW)).toBeNull();
  const leftOut = { ...ROW, observed: null, toldBy: [], leftOutBy: ["android", "linux"] };
  expect(unmeasuredWords(leftOut)).toBe("not reported on Android and Linux");
  expect(unmeasuredWords({ ...leftOut, leftOutBy: [] })).toBe("no device told of it in 14 d");
  expect(unmeasuredWords({ ...ROW, leftOutBy: ["ios"] })).toBeNull();
  expect(leftOutWords({ ...ROW, leftOutBy: ["ios"] })).toBe("not reported on iOS");
  expect(unmeasuredWords({ ...ROW, effective: null })).toBe("no limit to hold it against");
});

test("a manifest that asks for another maximum than the one that holds says so", () => {
  expect(wishWords({ ...ROW, requested: 90 })).toBe("Your manifest asks for 90 /s");
  expect(wishWords({ ...ROW, requested: 60 })).toBeNull();
  expect(wishWords(ROW)).toBeNull();
});
