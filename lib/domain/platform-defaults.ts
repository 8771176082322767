import { LIMIT_NAMES } from "@/native/core/codes";
import { SHIPPED_LIMITS } from "@/native/core/limits/effective-limits";
import type { EntryOf } from "./members";

/** What a new platform starts with, and what is in force where nobody decided (spec §4, §5 "Limits"). */
export const PLATFORM_DEFAULTS = {
  limits: SHIPPED_LIMITS,
  graceSeconds: 72 * 3600,
  telemetry: { intervalSeconds: 60, sampling: 100 },
} as const;

/** The same as the members that the first start publishes. */
export const FIRST_ENTRIES: readonly EntryOf<"platform-limit" | "grace-seconds" | "telemetry">[] = [
  ...LIMIT_NAMES.map((name): EntryOf<"platform-limit"> => {
    return { kind: "platform-limit", member: { kind: "platform-limit", name }, value: PLATFORM_DEFAULTS.limits[name] };
  }),
  { kind: "grace-seconds", member: { kind: "grace-seconds" }, value: PLATFORM_DEFAULTS.graceSeconds },
  { kind: "telemetry", member: { kind: "telemetry" }, value: PLATFORM_DEFAULTS.telemetry },
];
