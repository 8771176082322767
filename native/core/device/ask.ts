import type { DecisionCode, DecisionLayer } from "../codes";
import { findApi } from "../decide/catalog";
import type { CompiledPolicy } from "../decide/compile-policy";
import { decideApi } from "../decide/decide-api";
import { decideByBoth } from "../decide/decide-both";
import { decideHost } from "../decide/decide-host";
import type { Decision } from "../decide/decision";
import { narrowedNow, timeInForce } from "./in-force";
import type { InputOf } from "./inputs";
import type { ProgramPolicies } from "./policies";
import { emit, type Turn } from "./turn";

type Question = InputOf<"ask">;
type Answer = Pick<Decision, "decision" | "layer" | "rule"> & { code: DecisionCode };

const deny = (code: DecisionCode, layer: DecisionLayer): Answer => ({ decision: "deny", code, layer, rule: null });

/**
 * Answers a call or a host by the policy in force and by what is newer and not applied: only what both allow is allowed,
 * and the newer one's code is told first (spec 9.7).
 */
export function answerAsk(turn: Turn, question: Question, policies: ProgramPolicies): void {
  const { decision, code, layer, rule } = decide(turn, question, policies);
  emit(turn, { e: "answer", decision, code, layer, rule });
}

function decide(turn: Turn, question: Question, { inForce, newer }: ProgramPolicies): Answer {
  const { appId, api } = question;
  if (api !== undefined && findApi(api) === undefined) return deny("UNKNOWN_API", "api");
  const ask = (policy: CompiledPolicy) => decideBy(turn, question, policy);
  const isSuspended = narrowedNow(turn).suspended.includes(appId);
  if (inForce === undefined) {
    const answer = newer && ask(newer);
    if (answer?.decision === "deny") return answer;
    return isSuspended ? deny("PROGRAM_SUSPENDED", "platform") : deny("POLICY_EXPIRED", "document");
  }
  const answer = decideByBoth({ policy: inForce, newer }, ask);
  if (answer.decision === "allow" && isSuspended && api !== undefined) return deny("PROGRAM_SUSPENDED", "platform");
  return answer;
}

function decideBy(turn: Turn, question: Question, policy: CompiledPolicy): Answer {
  const { versionCode, api, params, url = "", purpose = "request", consent, context } = question;
  const now = timeInForce(turn);
  if (api === undefined) return decideHost(policy, { versionCode, url, purpose, now });
  return decideApi(policy, { versionCode, api, params, runtime: turn.live.runtime, now, consent, context });
}
