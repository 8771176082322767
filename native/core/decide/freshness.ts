import type { CompiledPolicy } from "./compile-policy";

/**
 * How current a program's policy is at a time in whole seconds (spec §4): `fresh`; `stale` once either document is past
 * `exp`, when public capabilities alone go on; `ended` after the grace, when nothing starts and what runs is stopped.
 */
export type Freshness = "fresh" | "stale" | "ended";

export function freshnessOf(policy: CompiledPolicy, now: number): Freshness {
  if (now < policy.expiresAt) return "fresh";
  return now < policy.endsAt ? "stale" : "ended";
}
