import type { CallDenial } from "./capability-registry";

/** What a program's limits admit before a call goes on; a refusal is counted in no window (spec §5, Limits). */
export type CallLimits = {
  /** Takes one bridge call, whatever it is. */
  admitCall(): CallDenial | undefined;
  /** Takes one request in all three of its limits, or in none. Every admitted one is settled once. */
  admitRequest(): CallDenial | undefined;
  settleRequest(): void;
  /** Whether the storage may be of that size in all. */
  admitStorage(sizeBytes: number): CallDenial | undefined;
  /** Calls that the program's own side refused since too many waited. */
  noteFlood(calls: number): void;
};
