import { describe, expect, it } from "vitest";
import type { Announcement, Store } from "@/db/store";
import { createLoadMeter, type IngestLoad } from "./ingest-load";
import { createPresentPace } from "./present-pace";
import { createReportPace } from "./report-pace";

function setUp() {
  const clock = { at: 1_000_000, nowMs: () => clock.at };
  const load: IngestLoad = { waiting: 0, waitingMax: 100, oldestMs: 0, msPerBatch: 0 };
  return { clock, load, pace: createReportPace({ clock, load: { read: () => load }, from: "one" }) };
}

describe("the measure of load", () => {
  it("counts what waits and since when, and what a batch takes while there are any", () => {
    const { clock } = setUp();
    const meter = createLoadMeter({ clock, waitingMax: 10 });
    expect(meter.read()).toEqual({ waiting: 0, waitingMax: 10, oldestMs: 0, msPerBatch: 0 });
    const first = meter.begin();
    clock.at += 10;
    const second = meter.begin();
    clock.at += 10;
    expect(meter.read()).toMatchObject({ waiting: 2, oldestMs: 20 });
    first();
    first();
    second();
    expect(meter.read()).toMatchObject({ waiting: 0, oldestMs: 0 });
    expect(meter.read().msPerBatch).toBeCloseTo(10, 1);
  });

  it("measures nothing by a clock that jumps, and forgets what was long ago", () => {
    const { clock } = setUp();
    const meter = createLoadMeter({ clock, waitingMax: 10 });
    const end = meter.begin();
    clock.at += 3_600_000;
    expect(meter.read().msPerBatch).toBe(0);
    clock.at -= 7_200_000;
    expect(meter.read().oldestMs).toBe(0);
    end();
    const slow = meter.begin();
    clock.at += 20_000;
    slow();
    expect(meter.read().msPerBatch).toBeGreaterThan(5000);
    clock.at += 60_001;
    expect(meter.read().msPerBatch).toBe(0);
    for (let quick = 0; quick < 100; quick += 1) meter.begin()();
    for (let silent = 0; silent < 20; silent += 1) {
      clock.at += 30_000;
      meter.read();
    }
    const late = meter.begin();
    clock.at += 1000;
    late();
    expect(meter.read().msPerBatch).toBeCloseTo(1000, -1);
    for (let quick = 0; quick < 100; quick += 1) {
      const done = meter.begin();
      clock.at += 1;
      done();
      clock.at += 5000;
    }
    expect(meter.read().msPerBatch).toBeLessThan(2);
  });
});

describe("the pace of reports", () => {
  it("is the document's without load, told to nobody", () => {
    const { pace } = setUp();
    const { intervalSeconds, news } = pace.next("dev_1", 5);
    expect(intervalSeconds).toBe(5);
    expect(news).toBeNull();
  });

  it("is raised by load at once and told at once, each half minute while it lasts, and when it is over", () => {
    const { clock, load, pace } = setUp();
    load.waiting = 100;
    const { intervalSeconds, news } = pace.next("dev_1", 5);
    expect(intervalSeconds).toBeGreaterThanOrEqual(80);
    expect(news).toEqual({ topic: "reporting", from: "one", everySeconds: 80 });
    clock.at += 29_000;
    expect(pace.next("dev_1", 5).news).toBeNull();
    clock.at += 1000;
    expect(pace.next("dev_1", 5).news).toMatchObject({ everySeconds: 80 });
    load.waiting = 0;
    clock.at += 1_200_000;
    expect(pace.next("dev_1", 5)).toEqual({
      intervalSeconds: 5,
      news: { topic: "reporting", from: "one", everySeconds: null },
    });
    expect(pace.next("dev_1", 5).news).toBeNull();
  });

  it("counts each device once, and those no more that fell silent", () => {
    const { clock, load, pace } = setUp();
    load.msPerBatch = 50;
    for (let device = 0; device < 200; device += 1) pace.next(`dev_${device}`, 5);
    for (let again = 0; again < 200; again += 1) pace.next("dev_0", 5);
    clock.at += 1000;
    expect(pace.next("dev_0", 5).news).toMatchObject({ everySeconds: 20 });
    clock.at += 3_600_000;
    expect(pace.next("dev_0", 5).intervalSeconds).toBe(5);
  });
});

describe("what other processes know of it", () => {
  function listening() {
    const clock = { at: 0, nowMs: () => clock.at };
    let say: (announcement: Announcement) => void = () => undefined;
    const subscribe: Store["subscribe"] = (listener) => {
      say = listener;
      return () => undefined;
    };
    const present = createPresentPace({ subscribe }, clock);
    const tell = (from: string, everySeconds: number | null) => say({ topic: "reporting", from, everySeconds });
    return { clock, present, tell };
  }

  it("is what the slowest says, until it says that it is over", () => {
    const { present, tell } = listening();
    expect(present.everySeconds()).toBeNull();
    tell("one", 80);
    tell("two", 120);
    expect(present.everySeconds()).toBe(120);
    tell("two", null);
    expect(present.everySeconds()).toBe(80);
  });

  it("is nothing any more 90 s after a process fell silent", () => {
    const { clock, present, tell } = listening();
    tell("one", 80);
    clock.at += 89_999;
    expect(present.everySeconds()).toBe(80);
    clock.at += 1;
    expect(present.everySeconds()).toBeNull();
  });
});
