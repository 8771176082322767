import { LIMIT_ACTIONS, LIMIT_NAMES, type LimitName } from "@/native/core/codes";
import type { Limits } from "@/native/core/shapes/claims";

/**
 * The first limit that was removed or raised, or whose action became milder (spec §5 "Limits"); null if none. `warn`
 * is a notice: moving it allows nothing.
 */
export function findRaisedLimit(before: Limits, after: Limits): LimitName | null {
  for (const name of LIMIT_NAMES) {
    const old = before[name];
    if (old === undefined) continue;
    const now = after[name];
    if (now === undefined || now.max > old.max) return name;
    if (LIMIT_ACTIONS.indexOf(now.action) < LIMIT_ACTIONS.indexOf(old.action)) return name;
  }
  return null;
}
