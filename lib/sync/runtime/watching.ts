import type { Store, Watched } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import { createPresentPace } from "../telemetry/present-pace";
import { createReportLeases } from "./report-leases";

export type Watching = {
  /**
   * A session looks at a program or a device for the next 30 s: every process that holds streams hears of it. False where
   * nobody is asked for it: that would be one too many, or load raises the time between reports.
   */
  look(watched: Watched, sessionId: string): Promise<boolean>;
  /** How often devices report at present because of load; null where nothing is raised. */
  everySeconds(): number | null;
};

/** One lease of many pages is told once in this time: a third of what it lasts. */
const TELL_EVERY_MS = 10_000;

/** What the pages of this process look at (spec 7.17). */
export function createWatching(store: Store, clock: Clock): Watching {
  const leases = createReportLeases(clock);
  const pace = createPresentPace(store, clock);
  const toldMs = new Map<string, number>();

  async function tell(watched: Watched): Promise<void> {
    const nowMs = clock.nowMs();
    for (const [key, atMs] of toldMs) if (Math.abs(nowMs - atMs) >= TELL_EVERY_MS) toldMs.delete(key);
    const key = JSON.stringify(watched);
    if (toldMs.has(key)) return;
    toldMs.set(key, nowMs);
    try {
      await store.in("page").transaction(async (tx) => tx.announce({ topic: "watch", watched }));
    } catch (error) {
      toldMs.delete(key);
      throw error;
    }
  }

  return {
    async look(watched, sessionId) {
      if (!leases.take(watched, sessionId) || pace.everySeconds() !== null) return false;
      await tell(watched);
      return true;
    },
    everySeconds: pace.everySeconds,
  };
}
