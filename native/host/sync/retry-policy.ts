/** What a client does after each outcome (spec §7). One table for telemetry and for sync. */

export type Outcome =
  | { kind: "status"; status: number; retryAfterSeconds: number | undefined }
  | { kind: "revoked" }
  | { kind: "network"; reason: "tls" | "timeout" | "unreachable" | "too_large" | "aborted" };

export type NextStep =
  /** Send the same again after this long. */
  | { step: "retry"; afterMs: number }
  /** Give up what was sent, counted under the reason. */
  | { step: "discard"; reason: string }
  | { step: "split" }
  /** Send nothing more; go on enforcing. */
  | { step: "stop" };

const SECOND = 1000;
const HOUR_MS = 3600 * SECOND;
const BACKOFF_CAP_MS = 900 * SECOND;

/**
 * `attempt` counts from 1. `random` is in 0 … 1 and spreads the whole wait (full jitter), so that ten thousand devices
 * that lost the same server don't come back together.
 */
export function nextStep(outcome: Outcome, attempt: number, random: number): NextStep {
  if (outcome.kind === "revoked") return { step: "stop" };
  if (outcome.kind === "network") return retry(backoffMs(attempt, random));
  const { status, retryAfterSeconds } = outcome;
  const told = retryAfterSeconds === undefined ? undefined : Math.min(HOUR_MS, retryAfterSeconds * SECOND);
  switch (status) {
    case 413:
      return { step: "split" };
    case 401:
      // A new token was tried already: this is not about its age.
      return retry(Math.max(60 * SECOND, backoffMs(attempt, random)));
    case 403:
    case 404:
    case 410:
      return retry(HOUR_MS);
    case 408:
    case 425:
    case 429:
      return retry((told ?? 60 * SECOND) + random * SECOND);
    case 409:
      return { step: "discard", reason: "conflict" };
    default:
      if (status >= 500) return retry(Math.max(told ?? 0, backoffMs(attempt, random)));
      return { step: "discard", reason: "send_error" };
  }
}

/** Exponential from one second, doubled each time, at most 15 minutes, full jitter but never quite at once. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_CAP_MS, SECOND * 2 ** Math.min(20, Math.max(0, attempt - 1)));
  return Math.max(100, Math.floor(ceiling * random));
}

/** `Retry-After` in seconds or as an HTTP date; `undefined` where it is absent or says nothing. */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  const at = /^[A-Z][a-z]{2}, .{10,24} GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - nowMs) / SECOND));
}

function retry(afterMs: number): NextStep {
  return { step: "retry", afterMs };
}
