import type { DecisionCode, DecisionLayer } from "../codes";
import { findApi } from "../decide/catalog";
import { compilePolicy } from "../decide/compile-policy";
import { decideApi } from "../decide/decide-api";
import { decideHost } from "../decide/decide-host";
import type { Decision } from "../decide/decision";
import type { PlatformClaims, ProgramClaims } from "../shapes/claims";
import { narrowedNow, platformInForce, programInForce, timeInForce } from "./in-force";
import type { InputOf } from "./inputs";
import { newestPlatform, newestProgram } from "./keeper";
import { emit, type Turn } from "./turn";

type Question = InputOf<"ask">;
type Answer = Pick<Decision, "decision" | "layer" | "rule"> & { code: DecisionCode };

const deny = (code: DecisionCode, layer: DecisionLayer): Answer => ({ decision: "deny", code, layer, rule: null });

/**
 * Answers a call or a host by the policy in force and by what is newer and not applied: only what both allow is allowed,
 * and the newer one's code is told first (spec 9.7).
 */
export function answerAsk(turn: Turn, question: Question): void {
  const { decision, code, layer, rule } = decide(turn, question);
  emit(turn, { e: "answer", decision, code, layer, rule });
}

function decide(turn: Turn, question: Question): Answer {
  const { appId, api } = question;
  if (api !== undefined && findApi(api) === undefined) return deny("UNKNOWN_API", "api");
  const program = programInForce(turn, appId);
  const platform = platformInForce(turn);
  const newer = { program: newestProgram(turn, appId), platform: newestPlatform(turn) };
  if (
    newer.platform !== undefined &&
    newer.program !== undefined &&
    (newer.platform !== platform || newer.program !== program)
  ) {
    const answer = decideBy(turn, question, newer.program, narrowingOf(newer.platform, platform));
    if (answer.decision === "deny") return answer;
  }
  const isSuspended = narrowedNow(turn).suspended.includes(appId);
  if (platform === undefined || program === undefined) {
    return isSuspended ? deny("PROGRAM_SUSPENDED", "platform") : deny("POLICY_EXPIRED", "document");
  }
  const answer = decideBy(turn, question, program, platform);
  if (answer.decision === "allow" && isSuspended && api !== undefined) return deny("PROGRAM_SUSPENDED", "platform");
  return answer;
}

function decideBy(turn: Turn, question: Question, program: ProgramClaims, platform: PlatformClaims): Answer {
  const policy = compilePolicy(program, platform);
  const { versionCode, api, params, url = "", purpose = "request", consent, context } = question;
  const now = timeInForce(turn);
  if (api === undefined) return decideHost(policy, { versionCode, url, purpose, now });
  return decideApi(policy, { versionCode, api, params, runtime: turn.live.runtime, now, consent, context });
}

/** Limits, minimum revisions and runtimes act at application: until then they are those in force. */
function narrowingOf(newer: PlatformClaims, inForce: PlatformClaims | undefined): PlatformClaims {
  const { limits = {}, minRevisions = {}, minRuntime = {} } = inForce ?? {};
  return { ...newer, limits, minRevisions, minRuntime };
}
