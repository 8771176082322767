import type { LIMIT_COUNTERS, MinuteEntry } from "./batch";

/** What is counted within a device-minute: its counters, and those of its lists' entries. */
export type MinuteCounter =
  | Exclude<keyof MinuteEntry, "at" | "apis" | "hosts" | "denials" | "limits" | "applied">
  | `apis.${"allowed" | "denied"}`
  | `hosts.${"allowed" | "blocked"}`
  | "denials.count"
  | `limits.${(typeof LIMIT_COUNTERS)[number]}`;

/**
 * Every counter that is held: what a device sends, `discarded.count` of one reason in one batch, the others of one device-minute; and
 * `detailed`, all that the lists of a device-minute and its limits count, together.
 */
export type Counter = MinuteCounter | "discarded.count" | "detailed";

const CPU_MS = 128 * 60_000;
const CALLS_A_SECOND = 100_000;
const CALLS = CALLS_A_SECOND * 60;
const CALLS_BECAUSE = "100,000 calls a second, more than one runtime can decide";
const BYTES = 750_000_000_000;
const BYTES_BECAUSE = "a line of 100 Gbit/s, full for the minute";

/**
 * The most of each counter that is plausible (spec §7.10): of one version on one device in one minute, however many
 * batches tell of it. What is beyond was not measured; it is clamped, counted and told as `counter_clamped`.
 */
export const PLAUSIBLE = {
  cpuMs: { most: CPU_MS, because: "128 cores busy for the whole minute" },
  memoryBytesMax: { most: 2 ** 40, because: "1 TiB, more than a device has" },
  requests: { most: CALLS, because: CALLS_BECAUSE },
  blocked: { most: CALLS, because: CALLS_BECAUSE },
  bytesIn: { most: BYTES, because: BYTES_BECAUSE },
  bytesOut: { most: BYTES, because: BYTES_BECAUSE },
  inFlightMax: { most: 65_535, because: "the ports of one address" },
  throttledMs: { most: CPU_MS, because: "128 threads held for the whole minute" },
  crashes: { most: 6_000, because: "a start takes 10 ms at least" },
  requestsPerSecondMax: { most: CALLS_A_SECOND, because: CALLS_BECAUSE },
  bridgeCalls: { most: CALLS, because: CALLS_BECAUSE },
  bridgeCallsPerSecondMax: { most: CALLS_A_SECOND, because: CALLS_BECAUSE },
  storageBytesMax: { most: 2 ** 40, because: "1 TiB, more than a device has" },
  cacheBytesMax: { most: 2 ** 40, because: "1 TiB, more than a device has" },
  "apis.allowed": { most: CALLS, because: CALLS_BECAUSE },
  "apis.denied": { most: CALLS, because: CALLS_BECAUSE },
  "hosts.allowed": { most: CALLS, because: CALLS_BECAUSE },
  "hosts.blocked": { most: CALLS, because: CALLS_BECAUSE },
  "denials.count": { most: CALLS, because: CALLS_BECAUSE },
  "limits.refused": { most: CALLS, because: CALLS_BECAUSE },
  "limits.throttledMs": { most: CPU_MS, because: "128 threads held for the whole minute" },
  "limits.evicted": { most: CALLS, because: "a call put each of them in" },
  detailed: { most: 20 * CALLS, because: "each call counts under its host, its API, its cause and its limits" },
  "discarded.count": { most: CALLS * 60 * 24 * 14, because: "every call of 14 days, as far as telemetry reaches back" },
} as const satisfies Record<Counter, { most: number; because: string }>;

/** A counter that was beyond the plausible: what it would have become, and where it was held. */
export type Clamped = { counter: Counter; seen: number; bound: number };

/** Holds counters within the plausible, and remembers which were beyond it. */
export function createClamp(): { clamped: Clamped[]; hold(counter: Counter, seen: number): number } {
  const clamped: Clamped[] = [];
  return {
    clamped,
    hold(counter, seen) {
      const bound = PLAUSIBLE[counter].most;
      if (seen <= bound) return seen;
      clamped.push({ counter, seen, bound });
      return bound;
    },
  };
}
