import type { HostTimers } from "../ports";

/** Stops and continues a program's processes; the kernel keeps them where they are. */
export type PausePort = { pause(): void; resume(): void };

export type DutyThrottle = {
  /** Lets the program run for `share` of the time (0 … 1) until told otherwise; 1 releases it, 0 freezes it. */
  setShare(share: number): void;
  /** How long the program has been held so far. */
  heldMs(): number;
  stop(): void;
};

type ThrottleClock = { monotonicMs(): number };

/** One round of running and holding. Short enough that a call is answered, long enough that timers are true. */
const ROUND_MS = 200;
const RUN_MS_MIN = 5;

/** Holds a program back in turns of running and standing still: works without any control group. */
export function createDutyThrottle(pause: PausePort, clock: ThrottleClock, timers: HostTimers): DutyThrottle {
  let share = 1;
  let cancel: (() => void) | undefined;
  let heldSince: number | undefined;
  let heldTotal = 0;

  const hold = (): void => {
    pause.pause();
    heldSince ??= clock.monotonicMs();
  };
  const release = (): void => {
    if (heldSince === undefined) return;
    pause.resume();
    heldTotal += clock.monotonicMs() - heldSince;
    heldSince = undefined;
  };
  const turn = (running: boolean): void => {
    if (running) release();
    else hold();
    const runMs = Math.max(RUN_MS_MIN, ROUND_MS * share);
    cancel = timers.after(running ? runMs : ROUND_MS - runMs, () => turn(!running));
  };
  const halt = (): void => {
    cancel?.();
    cancel = undefined;
  };

  return {
    setShare(next) {
      if (next === share) return;
      share = next;
      halt();
      if (share >= 1) release();
      else if (share <= 0) hold();
      else turn(false);
    },
    heldMs: () => heldTotal + (heldSince === undefined ? 0 : clock.monotonicMs() - heldSince),
    stop() {
      halt();
      release();
    },
  };
}
