import type { Watched } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";

/** Somebody who looks counts for this long (spec 7.17). */
export const LEASE_MS = 30_000;
/** Programs and devices that are looked at, in all and by one session. */
export const WATCHED_MAX = 50;
export const WATCHED_OF_ONE_MAX = 4;

export type ReportLeases = {
  /** Somebody looks: for 30 s from now. False where that would be one too many, of theirs or in all; then nothing is held. */
  take(watched: Watched, by: string): boolean;
  /** What is looked at now. */
  held(): Watched[];
};

const keyOf = (watched: Watched) => ("appId" in watched ? `program ${watched.appId}` : `device ${watched.deviceId}`);

/** Who looks at what. A lease that the clock puts further away than it was given for is over, too. */
export function createReportLeases(clock: Clock): ReportLeases {
  /** By what is looked at: until when, by whom. */
  const leases = new Map<string, { watched: Watched; until: Map<string, number> }>();

  function prune(): void {
    const nowMs = clock.nowMs();
    for (const [key, { until }] of leases) {
      for (const [by, endMs] of until) if (endMs <= nowMs || endMs > nowMs + LEASE_MS) until.delete(by);
      if (until.size === 0) leases.delete(key);
    }
  }

  return {
    take(watched, by) {
      prune();
      const key = keyOf(watched);
      const known = leases.get(key);
      const own = [...leases.values()].filter(({ until }) => until.has(by)).length;
      if (known?.until.has(by) !== true && own >= WATCHED_OF_ONE_MAX) return false;
      if (known === undefined && leases.size >= WATCHED_MAX) return false;
      const lease = known ?? { watched, until: new Map<string, number>() };
      lease.until.set(by, clock.nowMs() + LEASE_MS);
      leases.set(key, lease);
      return true;
    },
    held() {
      prune();
      return [...leases.values()].map(({ watched }) => watched);
    },
  };
}
