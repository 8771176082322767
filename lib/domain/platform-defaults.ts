import { SHIPPED_LIMITS } from "@/native/core/limits/effective-limits";

/** What a new platform starts with, and what is in force where nobody decided (spec §4, §5 "Limits"). */
export const PLATFORM_DEFAULTS = {
  limits: SHIPPED_LIMITS,
  graceSeconds: 72 * 3600,
  telemetry: { intervalSeconds: 5, sampling: 100 },
} as const;
