import type { DenialDetail } from "@/lib/contracts/programs";
import { type DecisionCode, type DecisionLayer, EGRESS_CODES } from "@/native/core/codes";
import { CALL_CHECKS, NETWORK_CALL_CHECKS } from "@/native/core/decide/api-checks";
import type { Replay } from "@/native/core/decide/replay";

/** `host`: of a record that names one. */
type Failed = { code: string; layer: string; rule: string | null; host: string | null };
type Rung = { check: string; code: DecisionCode; layer: DecisionLayer; rule: string | null };

const LIMITS: Rung = { check: "LIMITS", code: "RATE_LIMITED", layer: "limit", rule: null };
const EGRESS: readonly Rung[] = EGRESS_CODES.map((code) => ({ check: code, code, layer: "host", rule: null }));

/**
 * The evaluator's checks in its order, then what is looked at once a call is allowed, with the one that the device says
 * failed marked; what comes after it was not reached. Where the decision could be made again, `replay` tells what each check
 * saw, or that it was not recorded.
 */
export function buildLadder(denial: Failed, isNetwork: boolean, replay: Replay | null): DenialDetail["ladder"] {
  const checks: readonly Rung[] = isNetwork ? NETWORK_CALL_CHECKS : CALL_CHECKS;
  const rungs = [...checks, LIMITS, ...(isNetwork ? EGRESS : [])];
  const failed = findFailed(rungs, denial);
  const stateOf = (index: number): DenialDetail["ladder"][number]["state"] => {
    if (failed === -1 || (isFlood(denial) && index !== failed)) return "unknown";
    if (index === failed) return "failed";
    if (index < failed) return "passed";
    return isOfResult(denial) ? "unknown" : "not_reached";
  };
  return rungs.map(({ check, code, layer }, index) => {
    const step = replay?.checks.find((one) => one.check === check);
    const state = stateOf(index);
    // A walk that went on past what was not recorded saw more than the device did.
    const isSeen = (step?.state === "passed" || step?.state === "failed") && step.state === state;
    return {
      ...{ check, code, layer, state },
      saw: isSeen ? { at: step.at, seen: step.seen, wanted: step.wanted } : null,
      isRecorded: step?.state !== "not_recorded",
    };
  });
}

/** Calls are counted before anything is looked at, requests after all of it; a record tells neither apart but by its host. */
const isFlood = ({ code, layer, host }: Failed): boolean =>
  code === "RATE_LIMITED" && layer === "limit" && host === null;
/** What a call gave is held to the same constraints: then it was made. */
const isOfResult = ({ code, rule }: Failed): boolean =>
  code === "CONSTRAINT_NOT_MET" && /\/constraints\/(maxBytes|mediaTypes)$/.test(rule ?? "");

/** The check of that code and layer whose rules look like the one that was named; -1 for a code that none has. */
function findFailed(rungs: readonly Rung[], { code, layer, rule }: Failed) {
  const ofCode = rungs.filter((rung) => rung.code === code);
  const ofLayer = ofCode.filter((rung) => rung.layer === layer);
  const found = ofLayer.find((rung) => isOfForm(rule, rung.rule)) ?? ofLayer[0] ?? ofCode[0];
  return found === undefined ? -1 : rungs.indexOf(found);
}

/** Whether a pointer has the form of a check's rules, in which `*` is any one token. */
function isOfForm(rule: string | null, form: string | null): boolean {
  if (rule === null || form === null) return rule === form;
  const tokens = rule.split("/");
  const wanted = form.split("/");
  return tokens.length === wanted.length && wanted.every((token, index) => token === "*" || token === tokens[index]);
}
