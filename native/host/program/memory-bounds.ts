import type { CompiledPolicy } from "../../core/decide/compile-policy";

const MIB = 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
/** What an engine takes for itself, and what a program may gain between two looks of the monitor. */
const ENGINE_BYTES = 48 * MIB;
const PAGES_MIN = 512;
const PAGES_MAX = 65_536;

/**
 * The ceilings above a program's `memoryBytes`. The limit itself is measured and acted on; these hold in between, and
 * lie high enough that the limit is always reached first.
 */
export function memoryBounds(policy: CompiledPolicy): { groupBytes: number; enginePagesMax: number } {
  const { max } = policy.limits.memoryBytes.limit;
  const ceiling = max + Math.floor(max / 4) + ENGINE_BYTES;
  const pages = Math.ceil(ceiling / PAGE_BYTES);
  return { groupBytes: ceiling + ENGINE_BYTES, enginePagesMax: Math.min(PAGES_MAX, Math.max(PAGES_MIN, pages)) };
}
