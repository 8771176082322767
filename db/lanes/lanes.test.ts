import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LANES, type Lane } from "../store";
import { createLanes, type LaneBounds, type Lanes } from "./lanes";

const boundsOf = (jobsMax: number, bytesMax = 1_000): LaneBounds => {
  const bound = { jobsMax, bytesMax, waitMsMax: 100, retryAfterSeconds: 3 };
  return { decide: bound, "sign-in": bound, page: bound, ingest: bound, tend: bound };
};
const offer = (lanes: Lanes<number>, lane: Lane, job: number, bytes = 0) =>
  lanes.offer({ job, lane, bytes, sinceMs: job });
const anyLane = fc.constantFrom(...LANES);
const waitingIn = (lanes: Lanes<number>, lane: Lane) =>
  lanes.figures(0).find((figures) => figures.lane === lane)?.waiting ?? 0;

describe("lanes", () => {
  it("take out each job that they took in once, and those of one lane in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyLane, fc.constant("take" as const)), { maxLength: 200 }), (steps) => {
        const lanes = createLanes<number>(boundsOf(20));
        const [taken, kept] = [[] as [Lane, number][], [] as [Lane, number][]];
        const take = () => {
          const next = lanes.take();
          if (next !== null) taken.push([next.lane, next.job]);
          return next;
        };
        for (const [job, step] of steps.entries()) {
          if (step === "take") take();
          else if (offer(lanes, step, job)) kept.push([step, job]);
        }
        while (take() !== null);
        for (const lane of LANES) {
          const of = (jobs: [Lane, number][]) => jobs.filter(([own]) => own === lane);
          expect(of(taken)).toEqual(of(kept));
        }
        expect(lanes.waiting).toBe(0);
      }),
    );
  });

  it("never let a decision wait for queued work of another lane, however long that has let others pass", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.array(anyLane, { maxLength: 40 }), (passed, offers) => {
        const lanes = createLanes<number>(boundsOf(50));
        for (const lane of LANES.slice(1)) offer(lanes, lane, -1);
        for (let job = 0; job < passed; job += 1) {
          for (const lane of LANES.slice(1)) offer(lanes, lane, job);
          lanes.take();
        }
        offer(lanes, "decide", passed);
        for (const [job, lane] of offers.entries()) {
          offer(lanes, lane, job);
          if (waitingIn(lanes, "decide") > 0) expect(lanes.take()?.lane).toBe("decide");
        }
      }),
    );
  });

  it("answer a page within two turns of other lanes, whatever devices and the process itself want", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Lane>("ingest", "tend", "page"), { maxLength: 200 }), (offers) => {
        const lanes = createLanes<number>(boundsOf(50));
        let others = 0;
        for (const [job, lane] of offers.entries()) {
          offer(lanes, lane, job);
          if (job % 2 === 0) continue;
          others = waitingIn(lanes, "page") > 0 ? others : 0;
          others = lanes.take()?.lane === "page" ? 0 : others + 1;
          if (waitingIn(lanes, "page") > 0) expect(others).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it.each<[Lane, number]>([
    ["sign-in", 1],
    ["page", 10],
    ["ingest", 10],
    ["tend", 40],
  ])("keep %s alive while earlier lanes are never empty: it goes within %i turns", (lane, turns) => {
    const lanes = createLanes<number>(boundsOf(100));
    offer(lanes, lane, -1);
    const earlier = LANES.slice(1, LANES.indexOf(lane));
    let taken = 0;
    for (let job = 0; taken < 100; job += 1) {
      for (const own of earlier) offer(lanes, own, job);
      taken += 1;
      if (lanes.take()?.lane === lane) break;
    }
    expect(taken).toBeLessThanOrEqual(turns);
  });

  it("refuse beyond a lane's jobs and bytes, and leave the other lanes open", () => {
    const lanes = createLanes<number>(boundsOf(3, 100));
    expect(offer(lanes, "ingest", 1, 90)).toBe(true);
    expect(offer(lanes, "ingest", 2, 20)).toBe(false);
    expect(offer(lanes, "ingest", 3, 10)).toBe(true);
    expect(offer(lanes, "ingest", 4, 0)).toBe(true);
    expect(offer(lanes, "ingest", 5, 0)).toBe(false);
    expect(offer(lanes, "page", 6, 0)).toBe(true);
    const [, , , ingest] = lanes.figures(10);
    expect(ingest).toEqual({ lane: "ingest", waiting: 3, oldestWaitingMs: 9 });
    while (lanes.take() !== null);
    expect(offer(lanes, "ingest", 7, 100)).toBe(true);
  });

  it("let go of what waited longer than its lane lets it, and of nothing else", () => {
    const lanes = createLanes<number>(boundsOf(3, 100));
    for (const job of [1, 2, 50]) offer(lanes, "ingest", job, 30);
    offer(lanes, "page", 3);
    expect(lanes.takeLate(101)).toEqual([]);
    expect(lanes.takeLate(102).map(({ job }) => job)).toEqual([1]);
    expect(lanes.takeLate(140).map(({ job }) => job)).toEqual([3, 2]);
    // Their room is others' again.
    expect(offer(lanes, "ingest", 60, 70)).toBe(true);
    expect([lanes.take()?.job, lanes.take()?.job, lanes.waiting]).toEqual([50, 60, 0]);
  });

  it("take a job that is larger than a lane's bytes where it is alone", () => {
    const lanes = createLanes<number>(boundsOf(3, 100));
    expect(offer(lanes, "ingest", 1, 500)).toBe(true);
    expect(offer(lanes, "ingest", 2, 0)).toBe(false);
  });
});
