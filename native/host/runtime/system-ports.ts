import { randomBytes } from "node:crypto";
import type { HostClock, HostLog, HostTimers } from "../ports";

/** The machine's own clocks, timers and randomness, for whoever starts a host for real. */

export const systemClock: HostClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const systemTimers: HostTimers = {
  after(delayMs, run) {
    // Longer than this a Node timer would fire at once.
    const timer = setTimeout(run, Math.min(delayMs, 2_000_000_000));
    return () => clearTimeout(timer);
  },
};

/** 128 random bits, in hex. */
export const randomSeed = (): string => randomBytes(16).toString("hex");

/** 128 random bits, unpadded base64url. */
export const randomId = (): string => randomBytes(16).toString("base64url");

const SECRET_NAME = /(token|secret|password|cookie|authorization|private|assertion)/i;

/** One JSON line an entry. Fields whose names say that they are secrets are left out, whatever they hold. */
export function createLineLog(write: (line: string) => void, clock: HostClock): HostLog {
  return (level, event, fields = {}) => {
    const shown = Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined || SECRET_NAME.test(name)) return [];
      return [[name, value instanceof Error ? `${value.name}: ${value.message}` : value] as const];
    });
    write(
      `${JSON.stringify({ at: new Date(clock.nowMs()).toISOString(), level, event, ...Object.fromEntries(shown) })}\n`,
    );
  };
}
