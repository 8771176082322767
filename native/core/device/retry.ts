import type { RequestEnd } from "./inputs";

/** What a device does after a request that brought nothing (spec 7.7 and 9.8). Waits are drawn by the shell. */
export type NextStep =
  | { step: "retry"; minMs: number; maxMs: number }
  /** Give up what was sent, counted under the reason. */
  | { step: "discard"; reason: "conflict" | "send_error" }
  | { step: "split" }
  /** The device was revoked: send nothing more, go on enforcing. */
  | { step: "stop" };

const SECOND = 1000;
const HOUR_MS = 3600 * SECOND;
const BACKOFF_CAP_MS = 900 * SECOND;
const SOONEST_MS = 100;

/** `failures` counts from 1. A body here is an answer of 200 that is none, as a captive portal gives. */
export function nextStep(end: RequestEnd, failures: number): NextStep {
  const backoff = backoffMs(failures);
  if (end.failed !== undefined || end.status === undefined) return retry(...(end.missing ? hour : backoff));
  const { status, retryAfterS } = end;
  const told = retryAfterS === undefined ? undefined : Math.min(HOUR_MS, retryAfterS * SECOND);
  switch (status) {
    case 413:
      return { step: "split" };
    case 401:
      if (end.code === "device_revoked") return { step: "stop" };
      // A new token was tried already: this is not about its age.
      return retry(60 * SECOND, Math.max(60 * SECOND, backoff[1]));
    case 403:
    case 404:
    case 410:
      return retry(...hour);
    case 408:
    case 425:
    case 429:
      return retry(told ?? 60 * SECOND, (told ?? 60 * SECOND) + SECOND);
    case 409:
      return { step: "discard", reason: "conflict" };
    default:
      if (status >= 500) return retry(Math.max(told ?? 0, backoff[0]), Math.max(told ?? 0, backoff[1]));
      return { step: "discard", reason: "send_error" };
  }
}

/** From one second, doubled each time, at most 15 minutes; the whole of it is drawn from, but never quite nothing. */
export function backoffMs(failures: number): [minMs: number, maxMs: number] {
  return [SOONEST_MS, Math.min(BACKOFF_CAP_MS, SECOND * 2 ** Math.min(20, Math.max(0, failures - 1)))];
}

const hour: [number, number] = [HOUR_MS, HOUR_MS];

function retry(minMs: number, maxMs: number): NextStep {
  return { step: "retry", minMs, maxMs };
}
