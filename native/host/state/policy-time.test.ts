import { describe, expect, it } from "vitest";
import { createPolicyTime } from "./policy-time";

function clockAt(startSeconds: number) {
  let wall = startSeconds * 1000;
  let monotonic = 5_000_000;
  return {
    clock: { nowMs: () => wall, monotonicMs: () => monotonic },
    pass(seconds: number) {
      wall += seconds * 1000;
      monotonic += seconds * 1000;
    },
    jump(seconds: number) {
      wall += seconds * 1000;
    },
  };
}
const YEARS = 10 * 365 * 86_400;

describe("time for stored documents", () => {
  it("does not go back with the clock, and runs on meanwhile", () => {
    const { clock, pass, jump } = clockAt(1_000_000);
    const time = createPolicyTime(clock);
    time.raiseMark();
    jump(-YEARS);
    expect(time.forStored()).toBe(1_000_000);
    pass(90);
    expect(time.forStored()).toBe(1_000_090);
  });

  it("survives a start with a clock that was set back", () => {
    const earlier = createPolicyTime(clockAt(1_000_000).clock);
    earlier.raiseMark();
    const later = clockAt(1_000_000 - YEARS);
    const time = createPolicyTime(later.clock, earlier.stored);
    later.pass(7);
    expect(time.forStored()).toBe(1_000_007);
  });

  it("is never before the last verified iat", () => {
    const time = createPolicyTime(clockAt(100).clock, { lastVerifiedIat: 5000, mark: 0 });
    expect(time.forStored()).toBe(5000);
    time.noteVerified(4000);
    expect(time.forStored()).toBe(5000);
  });
});

describe("one jump of the clock ahead", () => {
  it("does not refuse everything for good: received documents are judged without the mark, and set it back", () => {
    const { clock, jump } = clockAt(1_000_000);
    const time = createPolicyTime(clock);
    jump(YEARS);
    time.raiseMark();
    jump(-YEARS);
    expect(time.forStored()).toBe(1_000_000 + YEARS);
    expect(time.forReceived()).toBe(1_000_000);
    time.restart(1_000_000);
    expect(time.forStored()).toBe(1_000_000);
  });
});
