import { beforeEach, describe, expect, it } from "vitest";
import type { Limits } from "../../core/shapes/claims";
import type { MinuteEntry } from "../../core/telemetry/batch";
import { addIncrement, emptyMinute, type MinuteIncrement } from "../../core/telemetry/minute-entry";
import type { HostEvent } from "../ports";
import { policyOf } from "../program/testing/program-bench";
import { createMeteredLimits } from "./metered-limits";
import { createProgramMonitor, type LimitEnd, LOOK_MS, type ProgramMonitor } from "./program-monitor";

let now: number;
let due: { at: number; run: () => void }[];
let usage: { cpuMs: number; memoryBytes: number };
let isPaused: boolean;
let isListening: boolean;
let storageBytes: number;
let killedBy: LimitEnd[];
let said: string[];
let wholeReadings: number;
let hostCpuMs: number;
let isRead: boolean;
let gaveWay: boolean[];
let telemetryHears: (() => void) | undefined;
let events: HostEvent[];
let minutes: MinuteIncrement[];
let policy: ReturnType<typeof policyOf>;
let monitor: ProgramMonitor;

const timers = {
  after(delayMs: number, run: () => void) {
    const entry = { at: now + delayMs, run };
    due.push(entry);
    return () => {
      due = due.filter((other) => other !== entry);
    };
  },
};
function advance(ms: number): void {
  const end = now + ms;
  for (;;) {
    const next = due.sort((one, other) => one.at - other.at)[0];
    if (next === undefined || next.at > end) break;
    now = next.at;
    due.shift();
    next.run();
  }
  now = end;
}
const withLimits = (limits: Limits) => policyOf({ program: { limits } });
/** The minute that all that was counted adds up to. */
const minute = (): MinuteEntry => {
  const entry = emptyMinute(60);
  for (const increment of minutes) addIncrement(entry, increment);
  return entry;
};
const told = (): string[] => events.map((event) => `${event.detail?.limit} ${event.detail?.action}`);

function start(limits: Limits): void {
  policy = withLimits(limits);
  monitor = createProgramMonitor({
    appId: "com.example.probe",
    versionCode: 3,
    policy: () => policy,
    clock: { nowMs: () => now, monotonicMs: () => now },
    timers,
    telemetry: {
      addToMinute(_program, increment) {
        telemetryHears?.();
        minutes.push(increment);
      },
      recordEvent: (event) => events.push(event),
    },
    usage: {
      read: () => ({ cpuMs: usage.cpuMs, residentBytes: usage.memoryBytes }),
      memoryBytes: () => {
        wholeReadings += 1;
        return usage.memoryBytes;
      },
      close: () => {
        isRead = false;
      },
    },
    hostCpuMs: () => hostCpuMs,
    say: (text) => said.push(text),
    processes: () => [1],
    pause: {
      pause: () => {
        isPaused = true;
      },
      resume: () => {
        isPaused = false;
      },
    },
    giveWay: (isBusy) => gaveWay.push(isBusy),
    storageBytes: () => storageBytes,
    kill: (end) => killedBy.push(end),
  });
}

beforeEach(() => {
  now = 0;
  due = [];
  usage = { cpuMs: 0, memoryBytes: 0 };
  storageBytes = 0;
  isPaused = false;
  isListening = true;
  killedBy = [];
  said = [];
  wholeReadings = 0;
  hostCpuMs = 0;
  isRead = true;
  gaveWay = [];
  telemetryHears = undefined;
  events = [];
  minutes = [];
});

describe("watching over a program", () => {
  it("kills at the limit that says so, once", () => {
    start({ memoryBytes: { max: 100, action: "kill" } });
    usage.memoryBytes = 101;
    advance(5 * LOOK_MS);
    expect(killedBy).toEqual([{ limit: "memoryBytes", value: 101, max: 100 }]);
    expect(told()).toEqual(["memoryBytes warn", "memoryBytes kill"]);
  });

  it("freezes at the limit that suspends, and lets go when it is released", () => {
    start({ memoryBytes: { max: 100, action: "suspend" } });
    usage.memoryBytes = 101;
    advance(LOOK_MS);
    expect(isPaused).toBe(true);
    advance(60_000);
    expect(isPaused).toBe(true);
    usage.memoryBytes = 50;
    advance(LOOK_MS);
    expect(isPaused).toBe(false);
    expect(told()).toEqual(["memoryBytes warn", "memoryBytes suspend", "memoryBytes release"]);
  });

  it("lets go when the limit itself is raised", () => {
    start({ memoryBytes: { max: 100, action: "suspend" } });
    usage.memoryBytes = 101;
    advance(LOOK_MS);
    policy = withLimits({ memoryBytes: { max: 1_000, action: "suspend" } });
    monitor.applyLimits();
    advance(LOOK_MS);
    expect(isPaused).toBe(false);
  });

  it("only tells where the limit only warns", () => {
    start({ memoryBytes: { max: 100, action: "warn" } });
    usage.memoryBytes = 200;
    advance(LOOK_MS);
    expect(isPaused).toBe(false);
    expect(killedBy).toEqual([]);
    expect(told()).toEqual(["memoryBytes warn", "memoryBytes warn"]);
  });

  it("counts time and memory into the minute, and how long it held the program back", () => {
    start({ cpuMsPerMinute: { max: 600, action: "throttle" } });
    usage = { cpuMs: 1_000, memoryBytes: 7 };
    advance(10_200);
    const sum = (counter: "cpuMs" | "throttledMs") =>
      minutes.reduce((total, minute) => total + (minute[counter] ?? 0), 0);
    expect(sum("cpuMs")).toBe(11_000);
    expect(sum("throttledMs")).toBeGreaterThan(9_000);
    expect(Math.max(...minutes.map((minute) => minute.memoryBytesMax ?? 0))).toBe(7);
  });

  it("tells of each limit how long it held the program back, and of those at once all of it", () => {
    start({
      cpuMsPerMinute: { max: 600, action: "throttle" },
      memoryBytes: { max: 100, action: "suspend" },
    });
    usage = { cpuMs: 200, memoryBytes: 7 };
    advance(5 * LOOK_MS);
    const byTime = minute().limits?.cpuMsPerMinute?.throttledMs ?? 0;
    expect(byTime).toBeGreaterThan(0);
    expect(minute().throttledMs).toBe(byTime);
    expect(minute().limits?.memoryBytes).toBeUndefined();
    usage.memoryBytes = 101;
    advance(10_000 + LOOK_MS);
    const { throttledMs, limits } = minute();
    expect(limits?.cpuMsPerMinute?.throttledMs).toBe(throttledMs);
    expect(limits?.memoryBytes?.throttledMs).toBeGreaterThanOrEqual(9_800);
    expect(limits?.memoryBytes?.throttledMs).toBeLessThan(throttledMs);
    expect(Object.keys(limits ?? {}).sort()).toEqual(["cpuMsPerMinute", "memoryBytes"]);
  });

  it("counts for a limit that begins to hold between two looks from then on", () => {
    start({});
    advance(LOOK_MS + 200);
    minutes = [];
    monitor.act([{ atMs: now, limit: "memoryBytes", action: "suspend", level: 0 }]);
    now += LOOK_MS / 2;
    monitor.act([{ atMs: now, limit: "bridgeCallsPerSecond", action: "suspend", level: 0 }]);
    advance(LOOK_MS / 2);
    expect(minute().limits).toEqual({
      memoryBytes: { throttledMs: LOOK_MS },
      bridgeCallsPerSecond: { throttledMs: LOOK_MS / 2 },
    });
  });

  it("tells the greatest storage and what was in force last, and zeros only of what it measures", () => {
    start({});
    storageBytes = 700;
    advance(LOOK_MS);
    storageBytes = 300;
    policy = { ...policy, platformRevision: 12, programRevision: 6 };
    advance(LOOK_MS);
    expect(minute()).toMatchObject({
      ...{ storageBytesMax: 700, requestsPerSecondMax: 0, bridgeCalls: 0, bridgeCallsPerSecondMax: 0, limits: {} },
      applied: { epoch: 1, platform: 12, program: 6 },
    });
    expect(minute()).not.toHaveProperty("cacheBytesMax");
  });

  it("measures once more when it is stopped", () => {
    start({});
    storageBytes = 9;
    monitor.stop();
    expect(minute()).toMatchObject({ storageBytesMax: 9, applied: { epoch: 1 } });
  });

  it("takes the dear reading of an idle program at its start and twice a minute, and no more", () => {
    start({ memoryBytes: { max: 1_000, action: "kill" } });
    usage.memoryBytes = 500;
    advance(60_000);
    expect(wholeReadings).toBe(2);
    expect(minute().memoryBytesMax).toBe(500);
  });

  it("looks closely, each second, from three quarters of where it warns, and until it is below again", () => {
    start({ memoryBytes: { max: 1_000, action: "kill" } });
    advance(LOOK_MS);
    usage.memoryBytes = 600;
    advance(10 * LOOK_MS);
    expect(wholeReadings).toBe(11);
    usage.memoryBytes = 100;
    advance(10 * LOOK_MS);
    expect(wholeReadings).toBe(12);
  });

  it("says what it does to the program where its lines are read, with limit, value and maximum", () => {
    start({ memoryBytes: { max: 100, action: "suspend" } });
    usage.memoryBytes = 150;
    advance(LOOK_MS);
    usage.memoryBytes = 50;
    advance(LOOK_MS);
    expect(said).toEqual([
      "stopped for now: memoryBytes is 150, at most 100",
      "let go again: memoryBytes is 50, at most 100",
    ]);
    expect(events.map(({ detail }) => [detail?.action, detail?.value, detail?.max])).toEqual([
      ["warn", 150, 100],
      ["suspend", 150, 100],
      ["release", 50, 100],
    ]);
  });

  it("counts what the host did for it as its own time, and holds it back for it", () => {
    start({ cpuMsPerMinute: { max: 600, action: "throttle" } });
    hostCpuMs = 400;
    advance(2 * LOOK_MS);
    expect(said).toEqual(["held back: cpuMsPerMinute is 800, at most 600"]);
  });

  it("puts it behind others while it or the host for it goes on working, and back among them once it rests", () => {
    start({ cpuMsPerMinute: { max: 60_000, action: "throttle" } });
    advance(5 * LOOK_MS);
    usage.cpuMs = 100;
    hostCpuMs = 100;
    advance(5 * LOOK_MS);
    expect(gaveWay).toEqual([true]);
    usage.cpuMs = 0;
    hostCpuMs = 0;
    advance(15 * LOOK_MS);
    expect(gaveWay).toEqual([true, false]);
  });

  it("does nothing any more once it was stopped", () => {
    start({ memoryBytes: { max: 100, action: "kill" } });
    monitor.stop();
    usage.memoryBytes = 101;
    advance(10 * LOOK_MS);
    expect([killedBy, events, isRead]).toEqual([[], [], false]);
  });

  it("is looked at with others at instants a tenth of a second apart, whenever it began", () => {
    const looked: number[] = [];
    for (const began of [0, 17, 1_230, 1_241]) {
      now = began;
      start({});
    }
    telemetryHears = () => looked.push(now);
    advance(3_000);
    expect(looked.length).toBeGreaterThanOrEqual(12);
    expect(looked.filter((at) => at % 100 !== 0)).toEqual([]);
  });
});

describe("admitting call by call", () => {
  const limitsOf = () =>
    createMeteredLimits({
      meter: monitor.meter,
      policy: () => policy,
      monotonicMs: () => now,
      onEvents: monitor.act,
      listening: {
        hold: () => {
          isListening = false;
        },
        release: () => {
          isListening = true;
        },
      },
      timers,
      count: monitor.count,
    });

  it("refuses with the limit, what was used, when to come again, and the rule that says so", () => {
    start({ bridgeCallsPerSecond: { max: 2, action: "throttle" } });
    const limits = limitsOf();
    expect([limits.admitCall(), limits.admitCall()]).toEqual([undefined, undefined]);
    now = 400;
    expect(limits.admitCall()).toEqual({
      code: "RATE_LIMITED",
      layer: "limit",
      rule: "/limits/bridgeCallsPerSecond",
      limit: "bridgeCallsPerSecond",
      rate: { limit: 2, used: 2, retryAfterMs: 600 },
    });
    now = 1_000;
    expect(limits.admitCall()).toBeUndefined();
  });

  it("counts a request in flight until it is settled", () => {
    start({ requestsInFlight: { max: 1, action: "throttle" } });
    const limits = limitsOf();
    expect(limits.admitRequest()).toBeUndefined();
    expect(limits.admitRequest()).toMatchObject({ limit: "requestsInFlight", rate: { limit: 1, used: 1 } });
    limits.settleRequest();
    expect(limits.admitRequest()).toBeUndefined();
  });

  it("counts in the very minute what was admitted, the greatest second, and each refusal by its limit", () => {
    start({
      bridgeCallsPerSecond: { max: 5, action: "warn" },
      requestsPerSecond: { max: 2, action: "warn" },
      requestsInFlight: { max: 3, action: "warn" },
      storageBytes: { max: 10, action: "warn" },
    });
    const limits = limitsOf();
    for (let call = 0; call < 7; call += 1) limits.admitCall();
    for (let request = 0; request < 3; request += 1) limits.admitRequest();
    limits.admitStorage(11);
    now = 5_000;
    limits.admitCall();
    limits.admitRequest();
    limits.admitRequest();
    expect(minute()).toMatchObject({
      bridgeCalls: 6,
      bridgeCallsPerSecondMax: 5,
      requestsPerSecondMax: 2,
      inFlightMax: 3,
    });
    expect(minute().limits).toEqual({
      bridgeCallsPerSecond: { refused: 2 },
      requestsPerSecond: { refused: 1 },
      requestsInFlight: { refused: 1 },
      storageBytes: { refused: 1 },
    });
  });

  it("counts of calls that were dropped unheard what fitted as calls and the rest as refused", () => {
    start({ bridgeCallsPerSecond: { max: 5, action: "warn" } });
    const limits = limitsOf();
    limits.admitCall();
    limits.noteFlood(10);
    limits.noteFlood(10);
    expect(minute()).toMatchObject({
      ...{ bridgeCalls: 5, bridgeCallsPerSecondMax: 5 },
      limits: { bridgeCallsPerSecond: { refused: 16 } },
    });
  });

  it("stops listening to a program that only floods, and listens again", () => {
    start({ bridgeCallsPerSecond: { max: 1, action: "throttle" } });
    const limits = limitsOf();
    for (let call = 0; call < 1_000; call += 1) limits.admitCall();
    expect(isListening).toBe(false);
    advance(300);
    expect(isListening).toBe(true);
  });

  it("kills at an admission limit that says so", () => {
    start({ bridgeCallsPerSecond: { max: 1, action: "kill" } });
    const limits = limitsOf();
    limits.admitCall();
    limits.admitCall();
    expect(killedBy).toEqual([{ limit: "bridgeCallsPerSecond", value: 1, max: 1 }]);
  });
});
