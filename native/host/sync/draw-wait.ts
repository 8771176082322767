/** A wait drawn over all that is allowed, so that devices that lost the same server do not come back together. */
export function drawMs([minMs, maxMs]: readonly [minMs: number, maxMs: number], random: () => number): number {
  return minMs + Math.floor((maxMs - minMs) * random());
}
