/** The event loop's own timers, passed in so that tests turn the clock. */
export type TimerPort = {
  start(run: () => void, delayMs: number, repeats: boolean): () => void;
};

export const nodeTimers: TimerPort = {
  start(run, delayMs, repeats) {
    const handle = repeats ? setInterval(run, delayMs) : setTimeout(run, delayMs);
    return () => clearTimeout(handle);
  },
};

export const TIMERS_MAX = 1_000;
const DELAY_MS_MAX = 2_147_483_647;
const TIMEOUT_MS_MIN = 1;
/** As in browsers: a repeating timer can't be used to spin. */
const INTERVAL_MS_MIN = 4;

export type EngineTimers = {
  /** A token above 0; 0 where `TIMERS_MAX` are running. */
  start(delayMs: number, repeats: boolean): number;
  stop(token: number): void;
};

/** Timers of one program: few enough and slow enough that they can't be its way to exhaust the engine. */
export function createEngineTimers(port: TimerPort, fire: (token: number) => void): EngineTimers {
  const running = new Map<number, () => void>();
  let lastToken = 0;
  return {
    start(delayMs, repeats) {
      if (running.size >= TIMERS_MAX) return 0;
      lastToken += 1;
      const token = lastToken;
      const least = repeats ? INTERVAL_MS_MIN : TIMEOUT_MS_MIN;
      const delay = Math.min(Math.max(Number.isFinite(delayMs) ? delayMs : least, least), DELAY_MS_MAX);
      const run = (): void => {
        if (!repeats) running.delete(token);
        fire(token);
      };
      running.set(token, port.start(run, delay, repeats));
      return token;
    },
    stop(token) {
      running.get(token)?.();
      running.delete(token);
    },
  };
}
