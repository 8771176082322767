export type BusyWatch = {
  /** What a program has used of the processor since the last look, and how long that was ago: whether it is busy. */
  look(cpuMs: number, pastMs: number): boolean;
};

/** Above this share of a processor a program works hard, below the other it rests. */
const HARD = 0.1;
const AT_REST = 0.025;
/** How long on end it does so before it counts: a start is no work, and a short rest is none. */
const HARD_MS = 2_000;
const AT_REST_MS = 10_000;

/** Tells a program that goes on working from one that works now and then. One that is held back by a limit is no other for it. */
export function createBusyWatch(): BusyWatch {
  let isBusy = false;
  let otherwiseMs = 0;
  return {
    look(cpuMs, pastMs) {
      const isOtherwise = isBusy ? cpuMs < AT_REST * pastMs : cpuMs > HARD * pastMs;
      otherwiseMs = isOtherwise ? otherwiseMs + pastMs : 0;
      if (otherwiseMs >= (isBusy ? AT_REST_MS : HARD_MS)) {
        isBusy = !isBusy;
        otherwiseMs = 0;
      }
      return isBusy;
    },
  };
}
