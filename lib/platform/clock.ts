/** Time as the rest of the house may know it: injected, so that tests decide what time it is. */
export type Clock = {
  /** Wall-clock milliseconds since 1970. */
  nowMs(): number;
};

export const systemClock: Clock = { nowMs: () => Date.now() };
