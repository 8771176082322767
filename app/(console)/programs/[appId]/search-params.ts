import { TIME_RANGES, type TimeRange } from "@/lib/domain/time-ranges";

/** The time range that the address names; `fallback` where it names none. */
export function readRange(text: string | null | undefined, fallback: TimeRange = "24h"): TimeRange {
  return TIME_RANGES.find((range) => range === text) ?? fallback;
}
