import type { LimitName } from "../../core/codes";
import type { CallDenial } from "./capability-registry";

/** What the monitor admits before a call goes on; a refusal is counted in no window (spec §5, Limits). */
export type CallLimits = {
  /** Takes one bridge call, whatever it is. */
  admitCall(): CallDenial | undefined;
  /** Takes one request in all three of its limits, or in none. Every admitted one is settled once. */
  admitRequest(): CallDenial | undefined;
  settleRequest(): void;
  /** Calls that the program's own side refused since too many waited: they are told to the limit, no more. */
  noteFlood(calls: number): void;
};

/** What a program is told whose call found no room. */
export function limitDenial(
  name: LimitName,
  rule: string | null,
  rate: { limit: number; used: number; retryAfterMs: number },
): CallDenial & { limit: LimitName } {
  return { code: "RATE_LIMITED", layer: "limit", rule, rate, limit: name };
}
