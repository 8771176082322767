import { hasAccess } from "../../core/decide/decide-api";
import { decideHost } from "../../core/decide/decide-host";
import { decideRedirect } from "../../core/decide/decide-redirect";
import type { AppliedPolicy, EgressDecision } from "../ports";

const API = "network.request";
/** A request under way was counted when it began. */
const NOTHING_USED = { perMinute: 0, perDay: 0 };

/**
 * Decides one hop of a request by the policy of the moment in which it is asked: whether the call itself would still be
 * allowed, then the host (spec §4, "decided again at every application"; §5, Address).
 */
export function createHopDecision(options: {
  versionCode: number;
  runtime: { kind: "linux"; version: string };
  policy(): AppliedPolicy;
  policyNow(): number;
  consent(capability: string): "given" | "refused" | undefined;
}): (url: string, hop: number, from?: string) => EgressDecision {
  const { versionCode, runtime } = options;
  return (url, hop, from) => {
    const { policy } = options.policy();
    const now = options.policyNow();
    const access = hasAccess(policy, {
      versionCode,
      api: API,
      runtime,
      now,
      consent: options.consent(API),
      // where it began is what a moment's constraints speak of; it is not asked again on the way
      context: { foreground: true, gesture: true, used: NOTHING_USED },
    });
    if (access.decision === "deny") return { ...pick(access), pins: null };
    const question = { versionCode, url, purpose: "request" as const, now };
    const host =
      hop > 0 && from !== undefined ? decideRedirect(policy, { ...question, from, hop }) : decideHost(policy, question);
    return { ...pick(host), pins: host.pins };
  };
}

function pick({
  decision,
  code,
  layer,
  rule,
}: EgressDecision | Omit<EgressDecision, "pins">): Omit<EgressDecision, "pins"> {
  return { decision, code, layer, rule };
}
