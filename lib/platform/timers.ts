/** Waiting as the house may know it: injected, so that tests decide when a time is over. */
export type Timers = {
  /** Calls `run` once after this many milliseconds; answers with what takes that back. */
  after(ms: number, run: () => void): () => void;
};

/** A time is over only after what had arrived by then was read: a process that was busy holds nobody else for dead. */
export const systemTimers: Timers = {
  after(ms, run) {
    let isWanted = true;
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (isWanted) run();
      });
    }, ms);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  },
};
