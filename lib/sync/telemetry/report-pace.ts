import type { Announcement } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import type { IngestLoad } from "./ingest-load";
import { intervalOf, type LoadPace, presentSeconds, stepPace, wantedSeconds } from "./report-interval";

type Reporting = Extract<Announcement, { topic: "reporting" }>;

export type ReportPace = {
  /** What a device is told after its batch; and what the other processes are to hear of it, null where they know. */
  next(deviceId: string, documentSeconds: number): { intervalSeconds: number; news: Reporting | null };
};

/** While load raises the time between reports it is told anew this often, and believed for three times as long. */
export const TOLD_EVERY_MS = 30_000;
const STEP_EVERY_MS = 1000;
/** A device that reported within this many intervals counts as one that reports. */
const COUNTED_INTERVALS = 2;

/**
 * How often the devices of this process's ingest are asked to report (spec 7.17). `from` tells it from other processes.
 * It counts the devices by itself, by their last reports.
 */
export function createReportPace(options: { clock: Clock; load: { read(): IngestLoad }; from: string }): ReportPace {
  const { clock, load, from } = options;
  /** When each device reported, the longest silent first. */
  const seen = new Map<string, number>();
  let pace: LoadPace = { seconds: 0, atMs: clock.nowMs() };
  let steppedMs: number | null = null;
  let told = { seconds: null as number | null, atMs: 0 };

  function step(documentSeconds: number, nowMs: number): void {
    if (steppedMs !== null && Math.abs(nowMs - steppedMs) < STEP_EVERY_MS) return;
    steppedMs = nowMs;
    const countedMs = COUNTED_INTERVALS * presentSeconds(pace, documentSeconds) * 1000;
    for (const [deviceId, atMs] of seen) {
      if (nowMs - atMs <= countedMs) break;
      seen.delete(deviceId);
    }
    pace = stepPace(pace, wantedSeconds(load.read(), seen.size, documentSeconds), nowMs);
  }

  function news(seconds: number | null, nowMs: number): Reporting | null {
    const isOld = seconds !== null && Math.abs(nowMs - told.atMs) >= TOLD_EVERY_MS;
    const isOther = (seconds === null) !== (told.seconds === null);
    if (!isOld && !isOther) return null;
    told = { seconds, atMs: nowMs };
    return { topic: "reporting", from, everySeconds: seconds };
  }

  return {
    next(deviceId, documentSeconds) {
      const nowMs = clock.nowMs();
      seen.delete(deviceId);
      seen.set(deviceId, nowMs);
      step(documentSeconds, nowMs);
      const seconds = presentSeconds(pace, documentSeconds);
      return {
        intervalSeconds: intervalOf(deviceId, seconds),
        news: news(seconds > documentSeconds ? seconds : null, nowMs),
      };
    },
  };
}
