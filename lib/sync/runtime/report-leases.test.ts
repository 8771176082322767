import { describe, expect, it } from "vitest";
import { createReportLeases, LEASE_MS, WATCHED_MAX, WATCHED_OF_ONE_MAX } from "./report-leases";

function setUp() {
  const clock = { at: 1_000_000, nowMs: () => clock.at };
  return { clock, leases: createReportLeases(clock) };
}
const program = (n: number) => ({ appId: `com.example.p${n}` });

describe("a lease", () => {
  it("lasts 30 s from the last look, and no longer", () => {
    const { clock, leases } = setUp();
    expect(LEASE_MS).toBe(30_000);
    leases.take(program(1), "ses_1");
    clock.at += 29_999;
    expect(leases.held()).toEqual([program(1)]);
    leases.take(program(1), "ses_1");
    clock.at += 29_999;
    expect(leases.held()).toEqual([program(1)]);
    clock.at += 1;
    expect(leases.held()).toEqual([]);
  });

  it("is one for all who look at the same thing, until the last of them is gone", () => {
    const { clock, leases } = setUp();
    leases.take(program(1), "ses_1");
    clock.at += 20_000;
    leases.take(program(1), "ses_2");
    clock.at += 20_000;
    expect(leases.held()).toEqual([program(1)]);
    clock.at += 10_000;
    expect(leases.held()).toEqual([]);
  });

  it("is not longer for a clock that goes back", () => {
    const { clock, leases } = setUp();
    leases.take(program(1), "ses_1");
    clock.at -= 3_600_000;
    expect(leases.held()).toEqual([]);
  });

  it("is refused to a session that looks at four things, and to nobody else", () => {
    const { clock, leases } = setUp();
    const taken = Array.from({ length: 1000 }, (_, n) => leases.take(program(n), "ses_hostile"));
    expect(taken.filter(Boolean)).toHaveLength(WATCHED_OF_ONE_MAX);
    expect(leases.held()).toHaveLength(WATCHED_OF_ONE_MAX);
    expect(leases.take(program(0), "ses_hostile")).toBe(true);
    expect(leases.take(program(999), "ses_other")).toBe(true);
    clock.at += LEASE_MS;
    expect(leases.take(program(500), "ses_hostile")).toBe(true);
  });

  it("is refused beyond fifty things in all, but not for what is looked at already", () => {
    const { leases } = setUp();
    const taken = Array.from({ length: 200 }, (_, n) => leases.take(program(n), `ses_${n}`));
    expect(taken.filter(Boolean)).toHaveLength(WATCHED_MAX);
    expect(leases.held()).toHaveLength(WATCHED_MAX);
    expect(leases.take(program(0), "ses_late")).toBe(true);
    expect(leases.take({ deviceId: "dev_1" }, "ses_late")).toBe(false);
  });
});
