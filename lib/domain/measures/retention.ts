const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * How long telemetry is kept, on both stores alike. What lies in partitions goes a day at a time: a day's rows leave when
 * the last of them is that old.
 */
export const KEPT_MS = {
  /** What a minute's late increments are added to, and what percentiles of a device could be asked of (spec 7.5). */
  deviceMinutes: 2 * DAY_MS,
  /** As far back as devices may tell of minutes: what comes late is held within the plausible beside what came before. */
  lateMinutes: 14 * DAY_MS,
  /** So that yesterday's charts keep their minutes. */
  fleetMinutes: 2 * DAY_MS,
  /** As long as a page says when a host or a capability was last used. */
  hours: 90 * DAY_MS,
  /** As long after its last refusal as a cause is no new one. */
  causes: 90 * DAY_MS,
  /** As far back as the longest chart, and as devices may tell of anything. */
  events: 14 * DAY_MS,
  /** As far back as devices may tell of minutes, and so as events. */
  unlisted: 14 * DAY_MS,
  /** As long as the same batch gets the same answer (spec 7.5). */
  batches: 7 * DAY_MS,
} as const;
/** A minute that arrives later than this after its first second adds to counters alone, and is counted `late`. */
export const LATE_AFTER_MS = KEPT_MS.deviceMinutes;
/** Of a day's names, those past the largest stand under `~other` from so long after its end. */
export const DETAILS_FOLDED_AFTER_MS = DAY_MS;
