import { beforeEach, describe, expect, it } from "vitest";
import { createCallUsage } from "./call-usage";

let now: number;
beforeEach(() => {
  now = 1_000_000;
});
const clock = (): number => now;

describe("the counted calls of a capability", () => {
  it("leave the minute and the day exactly when they are as old", () => {
    const usage = createCallUsage(clock);
    usage.add("a");
    now += 59;
    usage.add("a");
    expect(usage.of("a")).toEqual({
      used: { perMinute: 2, perDay: 2 },
      retryAfterMs: { perMinute: 1_000, perDay: 86_341_000 },
    });
    now += 1;
    expect(usage.of("a").used).toEqual({ perMinute: 1, perDay: 2 });
    now += 86_340;
    expect(usage.of("a").used).toEqual({ perMinute: 0, perDay: 1 });
    now += 59;
    expect(usage.of("a").used).toEqual({ perMinute: 0, perDay: 0 });
  });

  it("are told apart by capability", () => {
    const usage = createCallUsage(clock);
    usage.add("a");
    expect(usage.of("b").used).toEqual({ perMinute: 0, perDay: 0 });
  });

  it("go on counting after a restart", () => {
    const usage = createCallUsage(clock);
    for (let call = 0; call < 5; call += 1) usage.add("a");
    now += 10;
    const again = createCallUsage(clock, JSON.parse(JSON.stringify(usage.snapshot())));
    again.add("a");
    expect(again.of("a").used).toEqual({ perMinute: 6, perDay: 6 });
  });

  it("are never forgotten early, however many they are", () => {
    const usage = createCallUsage(clock);
    for (let call = 0; call < 5_000; call += 1) {
      usage.add("a");
      now += 1;
    }
    expect(usage.of("a").used.perDay).toBe(5_000);
    expect(usage.snapshot().a?.length).toBeLessThanOrEqual(1_440);
  });
});
