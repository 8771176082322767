import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMIT_ACTIONS, LIMIT_NAMES } from "../codes";
import type { Limit, Limits } from "../shapes/claims";
import { effectiveLimits, limitsOf, SHIPPED_LIMITS, warnThreshold } from "./effective-limits";
import { createLimitMeter, type LimitSample } from "./limit-meter";
import { meterSamples } from "./meter-samples";
import { naiveMeter } from "./testing/naive-limit-meter";

const limit: fc.Arbitrary<Limit> = fc.record(
  {
    max: fc.integer({ min: 0, max: 6 }),
    action: fc.constantFrom(...LIMIT_ACTIONS),
    warn: fc.integer({ min: 0, max: 7 }),
  },
  { requiredKeys: ["max", "action"] },
);
const limits: fc.Arbitrary<Limits> = fc
  .dictionary(fc.constantFrom(...LIMIT_NAMES), limit)
  .map((chosen) => chosen as Limits);
const small = fc.integer({ min: 0, max: 8 });
const step = fc.constantFrom(0, 1, 499, 500, 999, 1000, 1001, 29_999, 30_000, 59_000, 59_999, 60_000, 60_001, 120_000);
const samples: fc.Arbitrary<LimitSample[]> = fc
  .array(
    fc.record(
      {
        step,
        cpuMs: small,
        requests: small,
        bridgeCalls: small,
        memoryBytes: small,
        inFlight: small,
        storageBytes: small,
        cacheBytes: small,
      },
      { requiredKeys: ["step"] },
    ),
    { maxLength: 14 },
  )
  .map((steps) => {
    let atMs = 0;
    return steps.map(({ step: later, ...rest }) => {
      atMs += later;
      return { atMs, ...rest };
    });
  });

describe("limits (spec §5, Limits)", () => {
  it("answer any samples as a slow reading of the clause does", () => {
    fc.assert(
      fc.property(limits, samples, (given, series) => {
        const meter = createLimitMeter(given);
        const events = series.flatMap((sample) => meter.sample(sample));
        expect(events.map(({ level: _, ...event }) => event)).toEqual(naiveMeter(given, series));
      }),
      { numRuns: 3000 },
    );
  });

  it("never count more in a window than its maximum, whatever is asked", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(0, 1, 100, 400, 999), fc.boolean()), { maxLength: 60 }),
        (asked) => {
          const meter = createLimitMeter({
            requestsPerSecond: { max: 3, action: "throttle" },
            requestsInFlight: { max: 2, action: "throttle" },
          });
          let atMs = 0;
          let inFlight = 0;
          const admitted: number[] = [];
          for (const [later, settles] of asked) {
            atMs += later;
            if (settles && inFlight > 0) {
              meter.settleRequest(atMs);
              inFlight--;
            }
            if (!meter.admitRequest(atMs).admitted) continue;
            inFlight++;
            admitted.push(atMs);
            expect(inFlight).toBeLessThanOrEqual(2);
            expect(admitted.filter((at) => at > atMs - 1000).length).toBeLessThanOrEqual(3);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("admit again exactly when they said that there would be room", () => {
    const meter = createLimitMeter({ bridgeCallsPerSecond: { max: 2, action: "throttle" } });
    expect(meter.admitBridgeCall(10).admitted).toBe(true);
    expect(meter.admitBridgeCall(400).admitted).toBe(true);
    const refused = meter.admitBridgeCall(500);
    expect(refused).toMatchObject({
      admitted: false,
      limit: "bridgeCallsPerSecond",
      max: 2,
      used: 2,
      retryAfterMs: 510,
    });
    expect(meter.admitBridgeCall(1009).admitted).toBe(false);
    expect(meter.admitBridgeCall(1010).admitted).toBe(true);
  });

  it("refuse a request by the first limit without room and count it in none", () => {
    const meter = createLimitMeter({
      requestsPerMinute: { max: 9, action: "throttle" },
      requestsInFlight: { max: 1, action: "throttle" },
    });
    expect(meter.admitRequest(0).admitted).toBe(true);
    for (let ask = 0; ask < 20; ask++)
      expect(meter.admitRequest(1)).toMatchObject({ limit: "requestsInFlight", retryAfterMs: null });
    meter.settleRequest(2);
    for (let ask = 0; ask < 8; ask++) {
      expect(meter.admitRequest(3).admitted).toBe(true);
      meter.settleRequest(3);
    }
    expect(meter.admitRequest(4)).toMatchObject({ admitted: false, limit: "requestsPerMinute", used: 9 });
  });

  it("report the same crossing once, and one release", () => {
    const meter = createLimitMeter({ storageBytes: { max: 10, action: "suspend" } });
    expect(meter.admitStorage(0, 11)).toMatchObject({
      admitted: false,
      events: [{ action: "warn" }, { action: "refuse" }, { action: "suspend" }],
    });
    expect(meter.admitStorage(1, 12).events).toEqual([]);
    expect(meter.admitStorage(2, 7).events).toEqual([{ atMs: 2, limit: "storageBytes", action: "release", level: 7 }]);
  });

  it("admit nothing after a kill", () => {
    const meter = createLimitMeter({ memoryBytes: { max: 1, action: "kill" } });
    meter.sample({ atMs: 0, memoryBytes: 2 });
    expect(meter.isKilled).toBe(true);
    for (const answer of [meter.admitRequest(1), meter.admitBridgeCall(1), meter.admitStorage(1, 0)]) {
      expect(answer).toMatchObject({ admitted: false, limit: "memoryBytes", events: [] });
    }
    expect([...meter.settleRequest(2), ...meter.sample({ atMs: 3, memoryBytes: 9 })]).toEqual([]);
  });

  it("keep what was counted when other limits come into force", () => {
    const meter = createLimitMeter({ requestsPerMinute: { max: 100, action: "throttle" } });
    for (let ask = 0; ask < 5; ask++) meter.admitRequest(ask);
    meter.setLimits({ requestsPerSecond: { max: 5, action: "throttle" } });
    expect(meter.admitRequest(10)).toMatchObject({ admitted: false, limit: "requestsPerSecond" });
    meter.setLimits({ requestsPerSecond: { max: 6, action: "throttle" } });
    expect(meter.admitRequest(11).admitted).toBe(true);
  });

  it("take an earlier instant for the last one, so that no window opens anew", () => {
    const meter = createLimitMeter({ bridgeCallsPerSecond: { max: 1, action: "throttle" } });
    expect(meter.admitBridgeCall(5000).admitted).toBe(true);
    expect(meter.admitBridgeCall(100).admitted).toBe(false);
    expect(meter.admitBridgeCall(5999).admitted).toBe(false);
  });

  it("list the actions of one instant in the list's order and nothing after a kill", () => {
    fc.assert(
      fc.property(limits, samples, (given, series) => {
        const events = meterSamples(given, series);
        const places = events.map(({ atMs, limit: name }) => atMs * 100 + LIMIT_NAMES.indexOf(name));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        const kill = events.findIndex(({ action }) => action === "kill");
        if (kill !== -1) expect(kill).toBe(events.length - 1);
      }),
      { numRuns: 500 },
    );
  });
});

describe("which limit holds (spec §4, §5)", () => {
  it("is the program's own, else the platform's, else the shipped one", () => {
    const own: Limit = { max: 1, action: "kill" };
    const common: Limit = { max: 2, action: "warn" };
    const effective = effectiveLimits({ cacheBytes: own }, { cacheBytes: common, memoryBytes: common });
    expect(effective.cacheBytes).toEqual({ limit: own, source: "program", rule: "/limits/cacheBytes" });
    expect(effective.memoryBytes).toEqual({ limit: common, source: "platform", rule: "/limits/memoryBytes" });
    expect(effective.cpuMsPerMinute).toEqual({ limit: SHIPPED_LIMITS.cpuMsPerMinute, source: "shipped", rule: null });
    expect(Object.keys(limitsOf(effective))).toEqual([...LIMIT_NAMES]);
  });

  it("warns above 75 % of its maximum, rounded down, without leaving the exact numbers", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (max) => {
        expect(BigInt(warnThreshold({ max, action: "warn" }))).toBe((BigInt(max) * 3n) / 4n);
      }),
    );
    expect(warnThreshold({ warn: 0, max: 9, action: "warn" })).toBe(0);
  });
});
