import type { Limits } from "@/native/core/shapes/claims";

const MIB = 1024 * 1024;

/**
 * What a new platform starts with (spec §5 "Limits"). Measured limits act on the program; admission limits refuse what
 * exceeds them, so their action adds a throttle's mark and no more.
 */
export const PLATFORM_DEFAULTS = {
  limits: {
    cpuMsPerMinute: { max: 6000, action: "throttle" },
    memoryBytes: { max: 128 * MIB, action: "kill" },
    requestsPerSecond: { max: 60, action: "throttle" },
    requestsPerMinute: { max: 600, action: "throttle" },
    requestsInFlight: { max: 16, action: "throttle" },
    bridgeCallsPerSecond: { max: 100, action: "throttle" },
    storageBytes: { max: 50 * MIB, action: "warn" },
    cacheBytes: { max: 32 * MIB, action: "warn" },
  } satisfies Limits,
  graceSeconds: 72 * 3600,
  telemetry: { intervalSeconds: 5, sampling: 100 },
} as const;
