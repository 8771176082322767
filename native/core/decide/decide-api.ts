import type { ApiCode, HostCode } from "../codes";
import { type CallCheck, type CallWalk, checksOf, startCallWalk } from "./api-checks";
import type { ApiQuestion } from "./api-question";
import type { RateKind } from "./check-constraints";
import type { CompiledPolicy } from "./compile-policy";
import { allowHost, refuseHost } from "./decide-host";
import type { Decision, HostDecision } from "./decision";

export type ApiDecision = Decision & {
  readonly code: ApiCode | HostCode;
  /** Of a network call that got as far: the host decision, with the host and port to dial and the pins. */
  readonly host?: HostDecision;
  /** With `RATE_LIMITED`. */
  readonly rate?: { readonly limit: number; readonly used: number; readonly retryAfterMs: number };
  /** With `ALLOWED`: the only members of the result that may be returned, where the grant says so. */
  readonly fields?: readonly string[];
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Whether a version may make a call now (spec §5, API call). Synchronous; never throws, whatever `api` and `params` are.
 * For a network call it includes the host decision on `params.url`. Limits, `bridgeCallsPerSecond` first of all, are
 * the meter's (`limits/limit-meter.ts`).
 */
export function decideApi(policy: CompiledPolicy, question: ApiQuestion): ApiDecision {
  return decide(policy, question, false);
}

/**
 * Whether such a call could be allowed, without calling: what depends on arguments (their schema, their constraints, the
 * host) is left out (spec §5, `hasAccess`).
 */
export function hasAccess(policy: CompiledPolicy, question: Omit<ApiQuestion, "params">): ApiDecision {
  return decide(policy, question, true);
}

function decide(policy: CompiledPolicy, question: ApiQuestion, isAsking: boolean): ApiDecision {
  const walk = startCallWalk(policy, question, isAsking);
  for (const check of checksOf(walk)) {
    const rule = check.refuse(walk);
    if (rule !== undefined) return refuseCall(walk, check, rule);
  }
  return allowCall(walk);
}

function refuseCall(walk: CallWalk, check: CallCheck, rule: string | null): ApiDecision {
  const { code, layer } = check;
  if (check.part === "host") return { decision: "deny", code, layer, rule, host: refuseHost(walk, check, rule) };
  if (walk.rate === null) return { decision: "deny", code, layer, rule };
  const rate = readRate(walk, walk.rate);
  return { decision: "deny", code, layer, rule, rate, ...(walk.isNetwork ? { host: allowHost(walk) } : {}) };
}

function readRate({ grant, question: { context } }: CallWalk, kind: RateKind): NonNullable<ApiDecision["rate"]> {
  return {
    limit: grant?.constraints?.[kind] ?? 0,
    used: context?.used[kind] ?? 0,
    retryAfterMs: context?.retryAfterMs?.[kind] ?? (kind === "perMinute" ? MINUTE_MS : DAY_MS),
  };
}

/** The answer of a walk that passed every check. */
export function allowCall(walk: CallWalk): ApiDecision {
  const fields = walk.grant?.constraints?.fields;
  const allowed = fields === undefined ? {} : { fields };
  if (!walk.isNetwork) {
    return { decision: "allow", code: "ALLOWED", layer: "grant", rule: walk.grant?.pointer ?? null, ...allowed };
  }
  const host = allowHost(walk);
  return { decision: "allow", code: "ALLOWED", layer: host.layer, rule: host.rule, host, ...allowed };
}
