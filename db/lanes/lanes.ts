import { LANES, type Lane } from "../store";

/** What may wait in a lane and how long, and when to come again for whoever finds it full or waited in vain. */
export type LaneBounds = Readonly<
  Record<Lane, { jobsMax: number; bytesMax: number; waitMsMax: number; retryAfterSeconds: number }>
>;

const MEBIBYTE = 1024 * 1024;

/** A full lane takes a second or so to be served; what comes above that is better told than kept. */
export const LANE_BOUNDS: LaneBounds = {
  decide: { jobsMax: 500, bytesMax: 64 * MEBIBYTE, waitMsMax: 15_000, retryAfterSeconds: 1 },
  "sign-in": { jobsMax: 500, bytesMax: 16 * MEBIBYTE, waitMsMax: 10_000, retryAfterSeconds: 2 },
  page: { jobsMax: 1_000, bytesMax: 64 * MEBIBYTE, waitMsMax: 10_000, retryAfterSeconds: 2 },
  ingest: { jobsMax: 200, bytesMax: 32 * MEBIBYTE, waitMsMax: 10_000, retryAfterSeconds: 5 },
  tend: { jobsMax: 100, bytesMax: 32 * MEBIBYTE, waitMsMax: 60_000, retryAfterSeconds: 10 },
};

/**
 * How many jobs a waiting lane lets go before it, decisions aside: the share that keeps a later lane alive while earlier
 * ones are never empty. A decision lets nobody go before it.
 */
const LETS_PASS: Readonly<Record<Lane, number>> = { decide: 0, "sign-in": 8, page: 8, ingest: 8, tend: 32 };

export type Waiting<Job> = { job: Job; lane: Lane; bytes: number; sinceMs: number };
export type LaneFigures = { lane: Lane; waiting: number; oldestWaitingMs: number };

/** Jobs that wait, in lanes with bounds. Decides alone who goes next, and runs nothing. */
export type Lanes<Job> = {
  readonly waiting: number;
  /** Whether the job was taken in: where its lane is full it stays outside. */
  offer(waiting: Waiting<Job>): boolean;
  /**
   * Takes the next one out: a decision if one waits; else one of a lane that has let enough others pass; else one of the
   * most urgent lane. First in, first out within a lane.
   */
  take(): Waiting<Job> | null;
  /** Takes those out that waited longer than their lane lets them. */
  takeLate(nowMs: number): Waiting<Job>[];
  figures(nowMs: number): LaneFigures[];
};

export function createLanes<Job>(bounds: LaneBounds = LANE_BOUNDS): Lanes<Job> {
  const lanes = LANES.map((lane) => ({ lane, jobs: [] as Waiting<Job>[], bytes: 0, letPast: 0 }));
  type Own = (typeof lanes)[number];
  const count = () => lanes.reduce((sum, { jobs }) => sum + jobs.length, 0);

  function chosen(): Own | undefined {
    const filled = lanes.filter(({ jobs }) => jobs.length > 0);
    return filled.find(({ lane, letPast }) => letPast >= LETS_PASS[lane]) ?? filled[0];
  }

  return {
    get waiting() {
      return count();
    },
    offer(waiting) {
      const own = lanes.find(({ lane }) => lane === waiting.lane) as Own;
      const { jobsMax, bytesMax } = bounds[waiting.lane];
      // One job alone always fits: its size is the business of whoever made it.
      const isTooMuch = own.jobs.length > 0 && own.bytes + waiting.bytes > bytesMax;
      if (own.jobs.length >= jobsMax || isTooMuch) return false;
      own.jobs.push(waiting);
      own.bytes += waiting.bytes;
      return true;
    },
    take() {
      const own = chosen();
      const next = own?.jobs.shift();
      if (own === undefined || next === undefined) return null;
      own.bytes -= next.bytes;
      own.letPast = 0;
      if (own.lane === "decide") return next;
      for (const later of lanes.slice(lanes.indexOf(own) + 1)) if (later.jobs.length > 0) later.letPast += 1;
      return next;
    },
    takeLate(nowMs) {
      return lanes.flatMap((own) => {
        const isLate = ({ sinceMs }: Waiting<Job>) => nowMs - sinceMs > bounds[own.lane].waitMsMax;
        const late = own.jobs.filter(isLate);
        if (late.length === 0) return [];
        own.jobs = own.jobs.filter((waiting) => !isLate(waiting));
        own.bytes -= late.reduce((sum, { bytes }) => sum + bytes, 0);
        return late;
      });
    },
    figures: (nowMs) =>
      lanes.map(({ lane, jobs }) => {
        const [oldest] = jobs;
        const oldestWaitingMs = oldest === undefined ? 0 : Math.round(nowMs - oldest.sinceMs);
        return { lane, waiting: jobs.length, oldestWaitingMs };
      }),
  };
}
