import type { CompiledPolicy } from "../../core/decide/compile-policy";
import { hasAccess } from "../../core/decide/decide-api";
import { decideByBoth } from "../../core/decide/decide-both";
import { decideHost } from "../../core/decide/decide-host";
import { decideRedirect } from "../../core/decide/decide-redirect";
import type { HostDecision } from "../../core/decide/decision";
import { describeCode, describeTrace } from "../../core/decide/describe-refusal";
import { explainHost, explainRedirect } from "../../core/decide/explain";
import type { AppliedPolicy, EgressDecision } from "../ports";

const API = "network.request";
/** A request under way was counted when it began. */
const NOTHING_USED = { perMinute: 0, perDay: 0 };

/**
 * Decides one hop of a request by the policies of the moment in which it is asked: whether the call itself would still
 * be allowed, then the host (spec §4, "decided again at every application"; §5, Address).
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
    const policies = options.policy();
    const now = options.policyNow();
    const question = { versionCode, url, purpose: "request" as const, now };
    const pins: EgressDecision["pins"][number][] = [];
    const decide = (policy: CompiledPolicy): Omit<EgressDecision, "pins"> => {
      const access = hasAccess(policy, {
        versionCode,
        api: API,
        runtime,
        now,
        consent: options.consent(API),
        // where it began is what a moment's constraints speak of; it is not asked again on the way
        context: { foreground: true, gesture: true, used: NOTHING_USED },
      });
      if (access.decision === "deny") return access;
      const isRedirect = hop > 0 && from !== undefined;
      const host: Pick<HostDecision, "decision" | "layer" | "rule" | "pins"> & Pick<EgressDecision, "code"> = isRedirect
        ? decideRedirect(policy, { ...question, from, hop })
        : decideHost(policy, question);
      if (host.pins) pins.push(host.pins);
      return host;
    };
    const { decision, code, layer, rule, by } = decideByBoth(policies, decide);
    if (decision === "allow") return { decision, code, layer, rule, by, pins };
    const isRedirect = hop > 0 && from !== undefined;
    const trace = isRedirect ? explainRedirect(by, { ...question, from, hop }) : explainHost(by, question);
    // where the call itself is no longer allowed, the host has nothing to say
    const explained = trace.code === code ? describeTrace(trace) : describeCode(code);
    return { decision, code, layer, rule, by, pins: [], explained };
  };
}
