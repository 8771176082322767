import type { LimitName } from "@/native/core/codes";
import type { Measured } from "./measures";

/** What charts show of device-minutes, as percentiles. */
export const CHARTED = [
  "cpuMs",
  "memoryBytesMax",
  "requests",
  "requestsPerSecondMax",
  "inFlightMax",
  "bridgeCallsPerSecondMax",
  "storageBytesMax",
  "cacheBytesMax",
] as const satisfies readonly Measured[];
export type Charted = (typeof CHARTED)[number];

/** What charts show as sums of all devices. */
export const CHART_COUNTS = ["requests", "blocked", "throttledMs", "crashes", "bytesIn", "bytesOut"] as const;
export type ChartCount = (typeof CHART_COUNTS)[number];

/** What a device-minute tells of each limit's use. */
export const MEASURE_OF_LIMIT = {
  cpuMsPerMinute: "cpuMs",
  memoryBytes: "memoryBytesMax",
  requestsPerSecond: "requestsPerSecondMax",
  requestsPerMinute: "requests",
  requestsInFlight: "inFlightMax",
  bridgeCallsPerSecond: "bridgeCallsPerSecondMax",
  storageBytes: "storageBytesMax",
  cacheBytes: "cacheBytesMax",
} as const satisfies Record<LimitName, Charted>;
