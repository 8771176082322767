import type { TimeRange } from "@/lib/domain/time-ranges";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/**
 * Each range: its length, what one point of its charts is, and what it is read from. Minutes of the whole fleet are kept
 * two days; what is longer is read from hours.
 */
export const RANGES = {
  "1h": { seconds: 3600, bucketSeconds: 60, from: "minutes" },
  "24h": { seconds: 86_400, bucketSeconds: 900, from: "minutes" },
  "7d": { seconds: 604_800, bucketSeconds: 7200, from: "hours" },
  "14d": { seconds: 1_209_600, bucketSeconds: 14_400, from: "hours" },
} as const satisfies Record<TimeRange, { seconds: number; bucketSeconds: number; from: "minutes" | "hours" }>;

/** The same of one kind of runtime, or of devices with a label: what these told is kept by the hour alone. */
export function cutOf(range: TimeRange, isByHour: boolean): { bucketSeconds: number; from: "minutes" | "hours" } {
  const { bucketSeconds, from } = RANGES[range];
  return isByHour ? { bucketSeconds: Math.max(HOUR_MS / 1000, bucketSeconds), from: "hours" } : { bucketSeconds, from };
}

/**
 * The first instant of a range, which ends with the point under way. All but the last hour's begin with a whole hour, and
 * so reach a little further than their name: 24 h are the same 24 h in minutes, in hours, on a list and on a page.
 */
export function startOf(range: TimeRange, nowMs: number): number {
  const { seconds, bucketSeconds } = RANGES[range];
  if (range === "1h") return (Math.floor(nowMs / 60_000) + 1) * 60_000 - seconds * 1000;
  const step = Math.max(bucketSeconds * 1000, HOUR_MS);
  return Math.floor(nowMs / step) * step - seconds * 1000;
}

/**
 * The first instant from which a range's details are counted, which is a whole hour: what was refused, asked for or held
 * back is kept by the hour.
 */
export const startOfDetails = (range: TimeRange, nowMs: number): number =>
  Math.floor(startOf(range, nowMs) / HOUR_MS) * HOUR_MS;
