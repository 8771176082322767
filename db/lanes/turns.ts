import { AsyncResource } from "node:async_hooks";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { AppError } from "@/lib/platform/errors";
import type { Lane, StoreFigures } from "../store";
import { createKindFigures } from "./kind-figures";
import { kindOfStatement, writes } from "./kind-of-statement";
import { createLanes, LANE_BOUNDS, type LaneBounds } from "./lanes";

/** Hears what the database does at each moment, before it does it: nothing is heard while it is busy. */
export type Watch = { begins(kind: string): void; ends(): void };

/** A job's time with the database. */
export type Turn = {
  /** Runs one statement of it. */
  statement<T>(sql: string, work: () => Promise<T>): Promise<T>;
  /** What the database does from here to the job's end. */
  becomes(kind: string): void;
};

/** `bytes`: what it holds while it waits. */
export type Job = { lane: Lane; bytes: number; isTransaction?: boolean };

/** Gives the database to one job after the other, in the order of the lanes. */
export type Turns = {
  readonly waiting: number;
  /**
   * Runs `work` when its turn has come, in the asynchronous context of whoever asked. Raises `unavailable` at once where
   * the lane is full.
   */
  run<T>(job: Job, work: (turn: Turn) => Promise<T>): Promise<T>;
  figures(): Pick<StoreFigures, "lanes" | "jobs">;
};

export function createTurns(options: { bounds?: LaneBounds; watch?: Watch; uptimeMs?: () => number } = {}): Turns {
  const { bounds = LANE_BOUNDS, watch, uptimeMs = () => performance.now() } = options;
  const lanes = createLanes<() => Promise<void>>(bounds);
  const longest = new Map<Lane, number>();
  const { record, jobs } = createKindFigures();
  let isGoing = false;

  async function timed<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const startedMs = uptimeMs();
    watch?.begins(kind);
    try {
      return await work();
    } finally {
      watch?.ends();
      record(kind, uptimeMs() - startedMs);
    }
  }

  async function go(): Promise<void> {
    if (isGoing) return;
    isGoing = true;
    for (let next = lanes.take(); next !== null; next = lanes.take()) {
      await next.job();
      // So that what came in meanwhile is seen before the next one is chosen.
      await yieldToOthers();
    }
    isGoing = false;
  }

  async function take<T>({ lane, isTransaction }: Job, work: (turn: Turn) => Promise<T>): Promise<T> {
    const startedMs = uptimeMs();
    let first: string | undefined;
    let firstWrite: string | undefined;
    let isOn = false;
    const turn: Turn = {
      statement(sql, run) {
        const kind = kindOfStatement(sql);
        first ??= kind;
        if (writes(kind)) firstWrite ??= kind;
        return timed(kind, run);
      },
      becomes(kind) {
        if (isOn) watch?.ends();
        isOn = true;
        watch?.begins(kind);
      },
    };
    try {
      return await work(turn);
    } finally {
      if (isOn) watch?.ends();
      const ms = uptimeMs() - startedMs;
      longest.set(lane, Math.max(longest.get(lane) ?? 0, ms));
      if (isTransaction === true) record(`transaction: ${firstWrite ?? first ?? "no statement"}`, ms);
    }
  }

  return {
    get waiting() {
      return lanes.waiting;
    },
    run(asked, work) {
      return new Promise((resolve, reject) => {
        const job = AsyncResource.bind(() => take(asked, work).then(resolve, reject));
        const { lane, bytes } = asked;
        const refused = lanes.offer({ job, lane, bytes, sinceMs: uptimeMs() });
        if (refused === null) void go();
        else
          reject(
            new AppError("unavailable", "The store has too much to do. Try again.", { ...refused, isOverload: true }),
          );
      });
    },
    figures: () => ({
      lanes: lanes.figures(uptimeMs()).map((own) => ({ ...own, longestMs: Math.round(longest.get(own.lane) ?? 0) })),
      jobs: jobs(),
    }),
  };
}
