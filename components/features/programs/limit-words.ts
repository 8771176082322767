import { formatBytes } from "@/lib/format/bytes";
import { formatCount } from "@/lib/format/count";
import type { LimitName } from "@/native/core/codes";

type LimitWords = { title: string; unit: string; isBytes: boolean };

/** How limits are called where people read them. */
export const LIMIT_WORDS: Record<LimitName, LimitWords> = {
  cpuMsPerMinute: { title: "CPU time a minute", unit: "ms", isBytes: false },
  memoryBytes: { title: "Memory", unit: "", isBytes: true },
  requestsPerSecond: { title: "Requests a second", unit: "/s", isBytes: false },
  requestsPerMinute: { title: "Requests a minute", unit: "/min", isBytes: false },
  requestsInFlight: { title: "Requests in flight", unit: "", isBytes: false },
  bridgeCallsPerSecond: { title: "Bridge calls a second", unit: "/s", isBytes: false },
  storageBytes: { title: "Storage", unit: "", isBytes: true },
  cacheBytes: { title: "Cache", unit: "", isBytes: true },
};

/** "6,000 ms", "128 MiB", "60 /s". */
export function formatLimit(name: LimitName, value: number): string {
  const { unit, isBytes } = LIMIT_WORDS[name];
  if (isBytes) return formatBytes(value);
  return unit === "" ? formatCount(value) : `${formatCount(value)} ${unit}`;
}
