import type { CompiledPolicy } from "./compile-policy";
import type { HostDecision } from "./decision";
import { HOST_CHECKS, type HostQuestion, type HostWalk, startHostWalk } from "./host-checks";

/**
 * Whether a version may reach a URL for a purpose at a time (spec §5, Host). Synchronous, never throws, whatever the
 * text; freshness of the documents is the API call's business, `until` of a rule is judged here.
 */
export function decideHost(policy: CompiledPolicy, question: HostQuestion): HostDecision {
  const walk = startHostWalk(policy, question);
  for (const check of HOST_CHECKS) {
    const rule = check.refuse(walk);
    if (rule !== undefined) return refuseHost(walk, check, rule);
  }
  return allowHost(walk);
}

/** The answer of a walk that a check ended. */
export function refuseHost(
  { host, port }: HostWalk,
  { code, layer }: Pick<HostDecision, "code" | "layer">,
  rule: string | null,
): HostDecision {
  return { decision: "deny", code, layer, rule, host, port, pins: null };
}

/** The answer of a walk that passed every check. */
export function allowHost({ host, port, rule }: HostWalk): HostDecision {
  const pins = rule?.rule?.pins ?? null;
  return { decision: "allow", code: "ALLOWED", layer: "host", rule: rule?.pointer ?? null, host, port, pins };
}
