import { LIMIT_NAMES, type LimitName } from "../codes";
import type { Limit, Limits } from "../shapes/claims";

/** What holds where no document names a limit (spec §5, Limits). */
export const SHIPPED_LIMITS = {
  cpuMsPerMinute: { max: 6000, action: "throttle" },
  memoryBytes: { max: 128 * 1024 * 1024, action: "kill" },
  requestsPerSecond: { max: 60, action: "throttle" },
  requestsPerMinute: { max: 600, action: "throttle" },
  requestsInFlight: { max: 16, action: "throttle" },
  bridgeCallsPerSecond: { max: 100, action: "throttle" },
  storageBytes: { max: 50 * 1024 * 1024, action: "warn" },
  cacheBytes: { max: 32 * 1024 * 1024, action: "warn" },
} as const satisfies Record<LimitName, Limit>;

export type LimitSource = "program" | "platform" | "shipped";

export type EffectiveLimit = {
  limit: Limit;
  source: LimitSource;
  /** Pointer into the document that says it; null for a shipped one. */
  rule: string | null;
};

export type EffectiveLimits = Readonly<Record<LimitName, EffectiveLimit>>;

/** One limit a name: the program's own, else the platform's, else the shipped one (spec §4, §5). */
export function effectiveLimits(program: Limits, platform: Limits): EffectiveLimits {
  const choose = (name: LimitName): EffectiveLimit => {
    const own = program[name];
    if (own !== undefined) return { limit: own, source: "program", rule: `/limits/${name}` };
    const common = platform[name];
    if (common !== undefined) return { limit: common, source: "platform", rule: `/limits/${name}` };
    return { limit: SHIPPED_LIMITS[name], source: "shipped", rule: null };
  };
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, choose(name)])) as EffectiveLimits;
}

/** The value above which a limit warns: as given, else 75 % of `max`, rounded down (spec §5, Limits). */
export function warnThreshold({ warn, max }: Limit): number {
  // In two steps, so that no product leaves the exact integers.
  return warn ?? Math.floor(max / 4) * 3 + Math.floor(((max % 4) * 3) / 4);
}

/** The limits alone, as the meter takes them. */
export function limitsOf(effective: EffectiveLimits): Limits {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, effective[name].limit])) as Limits;
}
