import { AsyncResource } from "node:async_hooks";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { systemTimers, type Timers } from "@/lib/platform/timers";
import type { Lane, StoreFigures } from "../store";
import { createKindFigures } from "./kind-figures";
import { kindOfStatement, writes } from "./kind-of-statement";
import { createLanes, LANE_BOUNDS, type LaneBounds } from "./lanes";
import { createOverloadTrace } from "./overload-trace";

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
   * the lane is full, and after the lane's time where no turn has come: nothing was begun then.
   */
  run<T>(job: Job, work: (turn: Turn) => Promise<T>): Promise<T>;
  figures(): Pick<StoreFigures, "lanes" | "jobs">;
};

/** How often it is looked who waited too long. */
const LOOK_MS = 500;

export type TurnsOptions = {
  bounds?: LaneBounds;
  watch?: Watch;
  /** Hears when somebody is sent away, and when nobody waits any more. */
  logger?: Logger;
  uptimeMs?: () => number;
  timers?: Timers;
};

export function createTurns(options: TurnsOptions = {}): Turns {
  const { bounds = LANE_BOUNDS, watch, uptimeMs = () => performance.now(), timers = systemTimers } = options;
  const lanes = createLanes<{ run(): Promise<void>; refuse(error: AppError): void }>(bounds);
  const overload = createOverloadTrace(options.logger ?? (() => undefined), uptimeMs);
  let isLooking = false;
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
      await next.job.run();
      // So that what came in meanwhile is seen before the next one is chosen.
      await yieldToOthers();
    }
    isGoing = false;
    overload.over();
  }

  function refusal(lane: Lane, why: string): AppError {
    overload.note(lane, why, () => ({ waiting: lanes.waiting }));
    const { retryAfterSeconds } = bounds[lane];
    const message = "The store has too much to do. Nothing was begun; try again.";
    return new AppError("unavailable", message, { cause: new Error(why), retryAfterSeconds, isOverload: true });
  }

  /** While anybody waits. */
  function look(): void {
    if (isLooking || lanes.waiting === 0) return;
    isLooking = true;
    timers.after(LOOK_MS, () => {
      isLooking = false;
      for (const { job, lane } of lanes.takeLate(uptimeMs())) {
        job.refuse(refusal(lane, `its turn had not come in ${bounds[lane].waitMsMax / 1000} s`));
      }
      look();
    });
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
        const run = AsyncResource.bind(() => take(asked, work).then(resolve, reject));
        const { lane, bytes } = asked;
        const isIn = lanes.offer({ job: { run, refuse: reject }, lane, bytes, sinceMs: uptimeMs() });
        if (!isIn) {
          reject(refusal(lane, "its lane is full"));
          return;
        }
        void go();
        look();
      });
    },
    figures: () => ({
      lanes: lanes.figures(uptimeMs()).map((own) => ({
        ...own,
        refused: overload.refused(own.lane),
        longestMs: Math.round(longest.get(own.lane) ?? 0),
      })),
      jobs: jobs(),
    }),
  };
}
