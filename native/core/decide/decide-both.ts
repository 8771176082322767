import type { CompiledPolicy } from "./compile-policy";
import type { ApiDecision } from "./decide-api";

/** By what a program is decided: the policy in force, and the one of what is newer and not applied, where there is one. */
export type Policies = { readonly policy: CompiledPolicy; readonly newer?: CompiledPolicy | undefined };

/** A decision, and the policy that it is by: into its documents the rule points. */
export type DecidedBy<D> = D & { readonly by: CompiledPolicy };

/** Only what both allow is allowed, until the newer one is applied; its refusal is told first (spec 9.7). */
export function decideByBoth<D extends { readonly decision: "allow" | "deny" }>(
  { policy, newer }: Policies,
  decide: (policy: CompiledPolicy) => D,
): DecidedBy<D> {
  const first = newer && decide(newer);
  if (newer && first?.decision === "deny") return { ...first, by: newer };
  return { ...decide(policy), by: policy };
}

/** The same of a call, whose result may have only the members that both let pass. */
export function decideCallByBoth(
  { policy, newer }: Policies,
  decide: (policy: CompiledPolicy) => ApiDecision,
): DecidedBy<ApiDecision> {
  const first = newer && decide(newer);
  if (newer && first?.decision === "deny") return { ...first, by: newer };
  const second = decide(policy);
  const limit = first?.fields;
  if (second.decision === "deny" || limit === undefined) return { ...second, by: policy };
  const fields = second.fields?.filter((field) => limit.includes(field)) ?? limit;
  return { ...second, fields, by: policy };
}
