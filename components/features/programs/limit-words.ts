import { formatBytes } from "@/lib/format/bytes";
import { formatCount } from "@/lib/format/count";
import type { LimitName } from "@/native/core/codes";

type LimitWords = { title: string; unit: string; isBytes: boolean; isMeasured: boolean };

/** How limits are called where people read them. */
export const LIMIT_WORDS: Record<LimitName, LimitWords> = {
  cpuMsPerMinute: { title: "CPU time a minute", unit: "ms", isBytes: false, isMeasured: true },
  memoryBytes: { title: "Memory", unit: "", isBytes: true, isMeasured: true },
  requestsPerSecond: { title: "Requests a second", unit: "/s", isBytes: false, isMeasured: false },
  requestsPerMinute: { title: "Requests a minute", unit: "/min", isBytes: false, isMeasured: true },
  requestsInFlight: { title: "Requests in flight", unit: "", isBytes: false, isMeasured: true },
  bridgeCallsPerSecond: { title: "Bridge calls a second", unit: "/s", isBytes: false, isMeasured: false },
  storageBytes: { title: "Storage", unit: "", isBytes: true, isMeasured: false },
  cacheBytes: { title: "Cache", unit: "", isBytes: true, isMeasured: false },
};

/** "6,000 ms", "128 MiB", "60 /s". */
export function formatLimit(name: LimitName, value: number): string {
  const { unit, isBytes } = LIMIT_WORDS[name];
  if (isBytes) return formatBytes(value);
  return unit === "" ? formatCount(value) : `${formatCount(value)} ${unit}`;
}
