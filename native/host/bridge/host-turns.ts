import type { HostShare, HostTimers, HostTurns } from "../ports";

/** How long one program's work may go on before another's is looked at; a single step may take longer. */
const SLICE_MS = 1;
/** Of each millisecond, how much one program may have of the host's thread at most, and how much it may save up. */
const RATE_MAX = 0.25;
/** The same of all that are busy, together. */
const TOGETHER = 0.5;
/** Whoever has used more than this lately is busy. */
const BUSY_MS = 5;
const SAVED_MS_MAX = 50;
/** What a program has used counts half as much after this long. */
const FORGOTTEN_HALF_MS = 1_000;

export type HostTurnsOptions = {
  monotonicMs(): number;
  timers: HostTimers;
  /** Runs it once whatever else waits for the thread has had its turn. */
  later(run: () => void): void;
};

type Seat = {
  step(): boolean;
  isAwake: boolean;
  /** Woken since its step began. */
  isWoken: boolean;
  isGone: boolean;
  creditMs: number;
  usedMs: number;
  reckonedAtMs: number;
  unreadMs: number;
};

/**
 * Shares the host's thread among programs: whoever has used least of it comes first, in slices, with the rest of the host in
 * between; whoever has used up its share waits until it has some again. So a storm of one costs it its own time alone.
 */
export function createHostTurns({ monotonicMs, timers, later }: HostTurnsOptions): HostTurns {
  const seats = new Set<Seat>();
  const awake = new Set<Seat>();
  let rate = RATE_MAX;
  let isDue = false;
  let cancelWait: (() => void) | undefined;

  const reckon = (seat: Seat): void => {
    const pastMs = monotonicMs() - seat.reckonedAtMs;
    seat.reckonedAtMs += pastMs;
    seat.creditMs = Math.min(SAVED_MS_MAX, seat.creditMs + pastMs * rate);
    seat.usedMs *= 0.5 ** (pastMs / FORGOTTEN_HALF_MS);
  };
  const spend = (seat: Seat, ms: number): void => {
    seat.creditMs -= ms;
    seat.usedMs += ms;
    seat.unreadMs += ms;
  };
  const timed = <T>(seat: Seat, work: () => T): T => {
    const startedMs = monotonicMs();
    try {
      return work();
    } finally {
      spend(seat, monotonicMs() - startedMs);
    }
  };
  const slice = (seat: Seat): void => {
    const startedMs = monotonicMs();
    timed(seat, () => {
      do {
        seat.isWoken = false;
        const hasMore = seat.step() || seat.isWoken;
        seat.isAwake = hasMore && !seat.isGone;
      } while (seat.isAwake && monotonicMs() - startedMs < SLICE_MS);
    });
    awake.delete(seat);
    // behind whoever has used as much
    if (seat.isAwake) awake.add(seat);
  };
  const run = (): void => {
    isDue = false;
    let busy = 0;
    for (const seat of seats) {
      reckon(seat);
      if (seat.usedMs > BUSY_MS) busy += 1;
    }
    rate = Math.min(RATE_MAX, TOGETHER / busy);
    let first: Seat | undefined;
    for (const seat of awake) {
      if (seat.creditMs > 0 && (first === undefined || seat.usedMs < first.usedMs)) first = seat;
    }
    if (first !== undefined) slice(first);
    plan();
  };
  /** At once while somebody has time left, else when the first one has some again. */
  const plan = (): void => {
    if (isDue || awake.size === 0) return;
    cancelWait?.();
    cancelWait = undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const { creditMs } of awake) most = Math.max(most, creditMs);
    if (most > 0) {
      isDue = true;
      later(run);
    } else {
      cancelWait = timers.after(Math.max(1, Math.ceil(-most / rate)), run);
    }
  };

  return {
    join(step): HostShare {
      const seat: Seat = {
        ...{ step, isAwake: false, isWoken: false, isGone: false },
        ...{ creditMs: SAVED_MS_MAX, usedMs: 0, unreadMs: 0, reckonedAtMs: monotonicMs() },
      };
      seats.add(seat);
      return {
        wake() {
          seat.isWoken = true;
          if (seat.isAwake || seat.isGone) return;
          seat.isAwake = true;
          reckon(seat);
          awake.add(seat);
          plan();
        },
        charge: (work) => timed(seat, work),
        takeCpuMs() {
          const whole = Math.floor(seat.unreadMs);
          seat.unreadMs -= whole;
          return whole;
        },
        leave() {
          seat.isGone = true;
          seats.delete(seat);
          awake.delete(seat);
        },
      };
    },
  };
}
