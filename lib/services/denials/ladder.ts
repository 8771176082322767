import type { DenialDetail } from "@/lib/contracts/programs";
import { type DecisionCode, type DecisionLayer, EGRESS_CODES } from "@/native/core/codes";
import { CALL_CHECKS, NETWORK_CALL_CHECKS } from "@/native/core/decide/api-checks";
import { sayStep } from "@/native/core/decide/say-trace";
import type { Trace } from "@/native/core/decide/trace";

type Rung = { check: string; code: DecisionCode; layer: DecisionLayer; rule: string | null };

const LIMITS: Rung = { check: "LIMITS", code: "RATE_LIMITED", layer: "limit", rule: null };
const EGRESS: readonly Rung[] = EGRESS_CODES.map((code) => ({ check: code, code, layer: "host", rule: null }));

/**
 * The evaluator's checks in its order, then what is looked at once a call is allowed, with the failing one marked; what
 * comes after it was not reached. Where the decision could be made again, `trace` tells what its checks saw.
 */
export function buildLadder(
  denial: { code: string; layer: string; rule: string | null },
  isNetwork: boolean,
  trace: Trace | null,
): DenialDetail["ladder"] {
  const checks: readonly Rung[] = isNetwork ? NETWORK_CALL_CHECKS : CALL_CHECKS;
  const rungs = [...checks, LIMITS, ...(isNetwork ? EGRESS : [])];
  const failed = findFailed(rungs, denial);
  return rungs.map(({ check, code, layer }, index) => {
    const step = trace?.checks.find((one) => one.check === check);
    const state = failed === -1 || index < failed ? "passed" : index === failed ? "failed" : "not_reached";
    return { check, code, layer, state, said: step === undefined ? null : sayStep(step) };
  });
}

/** The check of that code and layer whose rules look like the one that was named; -1 for a code that none has. */
function findFailed(
  rungs: readonly Rung[],
  { code, layer, rule }: { code: string; layer: string; rule: string | null },
) {
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
