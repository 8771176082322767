import { LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import { effectiveLimits } from "@/native/core/limits/effective-limits";
import type { Limits } from "@/native/core/shapes/claims";

/** The limits that two documents put in force together. */
export type LimitPair = { program: Limits; platform: Limits };

/**
 * The first limit in force that is higher after than in each of the given pairs, or whose action is milder (spec §5 "Limits"); null if none. Where
 * neither document names one the shipped one is in force. `warn` is a notice: moving it allows nothing.
 */
export function findRaisedLimit(allowed: readonly LimitPair[], after: LimitPair): LimitName | null {
  const olds = allowed.map(({ program, platform }) => effectiveLimits(program, platform));
  const now = effectiveLimits(after.program, after.platform);
  const isRaised = (name: LimitName) =>
    olds.every((old) => {
      const isMilder = LIMIT_ACTIONS.indexOf(now[name].limit.action) < LIMIT_ACTIONS.indexOf(old[name].limit.action);
      return now[name].limit.max > old[name].limit.max || isMilder;
    });
  return LIMIT_NAMES.find(isRaised) ?? null;
}
