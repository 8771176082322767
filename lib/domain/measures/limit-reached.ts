import type { LimitName } from "@/native/core/codes";

type Used = {
  name: LimitName;
  effective: { max: number } | null;
  observed: { max: number } | null;
  heldBack: { refused: number; throttledMs: number } | null;
};

/**
 * Whether a program reaches a limit: it refused or held something back, or a device-minute came to its maximum. Never of the cache, which
 * is meant to be full: it evicts.
 */
export function isLimitReached({ name, effective, observed, heldBack }: Used): boolean {
  if (name === "cacheBytes" || effective === null) return false;
  const hasHeldBack = heldBack !== null && (heldBack.refused > 0 || heldBack.throttledMs > 0);
  return hasHeldBack || (observed !== null && observed.max >= effective.max);
}
