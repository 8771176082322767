import { LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { effectiveLimits } from "@/native/core/limits/effective-limits";
import type { Limits } from "@/native/core/shapes/claims";

/** The limits that two documents put in force together. */
export type LimitPair = { program: Limits; platform: Limits };

/**
 * The first limit in force that is higher after, or whose action is milder (spec §5 "Limits"); null if none. Where
 * neither document names one the shipped one is in force. `warn` is a notice: moving it allows nothing.
 */
export function findRaisedLimit(before: LimitPair, after: LimitPair): LimitName | null {
  const old = effectiveLimits(before.program, before.platform);
  const now = effectiveLimits(after.program, after.platform);
  const isMilder = (name: LimitName) =>
    LIMIT_ACTIONS.indexOf(now[name].limit.action) < LIMIT_ACTIONS.indexOf(old[name].limit.action);
  return LIMIT_NAMES.find((name) => now[name].limit.max > old[name].limit.max || isMilder(name)) ?? null;
}
