import type { ApiCode, DecisionLayer, HostCode, RuntimeKind } from "../codes";
import type { Constraints } from "../shapes/claims";
import { type Api, findApi } from "./catalog";
import { type CallContext, findUnmetConstraint, findUnmetMoment, kindsOf } from "./check-constraints";
import { compareRuntimeVersions } from "./compare-runtime-versions";
import type { CompiledGrant, CompiledPolicy } from "./compile-policy";
import { decideHost } from "./decide-host";
import { type Decision, type HostDecision, pointerToken } from "./decision";
import { freshnessOf } from "./freshness";

export type ApiQuestion = {
  versionCode: number;
  /** The name as the program gave it: any text. */
  api: string;
  params?: unknown;
  /** `kind` is a `RuntimeKind` on devices; a question from elsewhere may say any text. */
  runtime: { kind: RuntimeKind | (string & {}); version: string };
  /** Whole seconds: time for stored documents, already reckoned (spec §4). */
  now: number;
  /** What the person answered when asked; absent as long as nobody was asked. */
  consent?: "given" | "refused" | undefined;
  context?: CallContext | undefined;
};

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

const UNKNOWN_API = fixed("UNKNOWN_API", "api", null);
const INVALID_ARGUMENTS = fixed("INVALID_ARGUMENTS", "api", null);
const VERSION_NOT_LISTED = fixed("UPGRADE_REQUIRED", "document", "/versions");
const NOT_GRANTED = fixed("PERMISSION_DENIED", "grant", null);
const EXPIRED = fixed("POLICY_EXPIRED", "document", "/exp");

function fixed(code: ApiCode, layer: DecisionLayer, rule: string | null): ApiDecision {
  return Object.freeze({ decision: "deny", code, layer, rule });
}

function decide(policy: CompiledPolicy, question: ApiQuestion, isAsking: boolean): ApiDecision {
  const api = findApi(question.api);
  if (api === undefined) return UNKNOWN_API;
  if (policy.suspension !== null) return policy.suspension;
  const tooOld = refuseRuntime(policy, question);
  if (tooOld !== undefined) return tooOld;
  const version = policy.versions.get(question.versionCode);
  if (version === undefined) return VERSION_NOT_LISTED;
  const expired = refuseAge(policy, api, question.now);
  if (expired !== undefined) return expired;

  const capability = api.capability.name;
  if (!version.declares.has(capability)) return fixed("PERMISSION_DENIED", "manifest", `${version.pointer}/declares`);
  const grant = policy.grants.get(capability);
  if (grant === undefined) return NOT_GRANTED;
  return refuseGrant(grant, question) ?? decideCall(policy, api, grant, question, isAsking);
}

function refuseRuntime(policy: CompiledPolicy, { runtime }: ApiQuestion): ApiDecision | undefined {
  if (policy.minRuntime.size === 0) return undefined;
  const minimum = policy.minRuntime.get(runtime.kind);
  if (minimum === undefined) return undefined;
  // A version that can't be read is older than any.
  if ((compareRuntimeVersions(runtime.version, minimum) ?? -1) >= 0) return undefined;
  return fixed("UPGRADE_REQUIRED", "platform", `/minRuntime/${pointerToken(runtime.kind)}`);
}

/** What the platform document says before what time says (spec §5, "platform document before program document"). */
function refuseAge(policy: CompiledPolicy, api: Api, now: number): ApiDecision | undefined {
  if (policy.superseded !== null) return policy.superseded;
  if (now < policy.expiresAt) return undefined;
  const isOnGrace = api.capability.sensitivity === "public" && freshnessOf(policy, now) === "stale";
  return isOnGrace ? undefined : EXPIRED;
}

function refuseGrant(grant: CompiledGrant, { now, consent }: ApiQuestion): ApiDecision | undefined {
  if (grant.isInert) return fixed("PERMISSION_DENIED", "grant", grant.pointer);
  if (now >= grant.until) return fixed("PERMISSION_DENIED", "grant", `${grant.pointer}/until`);
  if (!grant.asks || consent === "given") return undefined;
  const code = consent === "refused" ? "CONSENT_DENIED" : "CONSENT_REQUIRED";
  return fixed(code, "consent", `${grant.pointer}/consent`);
}

function decideCall(
  policy: CompiledPolicy,
  api: Api,
  grant: CompiledGrant,
  question: ApiQuestion,
  isAsking: boolean,
): ApiDecision {
  const { params, context } = question;
  if (!isAsking && !api.accepts(params)) return INVALID_ARGUMENTS;
  const { constraints } = grant;
  if (constraints !== null) {
    const unmet = isAsking ? findUnmetMoment(constraints, context) : findUnmetConstraint(constraints, context, params);
    if (unmet !== undefined) return fixed("CONSTRAINT_NOT_MET", "grant", `${grant.pointer}/constraints/${unmet}`);
  }
  const host = api.purpose === null || isAsking ? undefined : decideUrl(policy, api, question);
  if (host?.decision === "deny") return { ...asApi(host), host };
  const limited = constraints === null ? undefined : refuseRate(grant, constraints, context);
  if (limited !== undefined) return host === undefined ? limited : { ...limited, host };
  return allow(grant, constraints, host);
}

function decideUrl(
  policy: CompiledPolicy,
  api: Api,
  { params, versionCode, now }: ApiQuestion,
): HostDecision | undefined {
  if (api.purpose === null) return undefined;
  // Safe because the schema of every network API requires `url` to be a text (held by a test of the catalogue).
  const { url } = params as { url: string };
  return decideHost(policy, { versionCode, url, purpose: api.purpose, now });
}

function asApi({ decision, code, layer, rule }: HostDecision): ApiDecision {
  return { decision, code, layer, rule };
}

function refuseRate(
  grant: CompiledGrant,
  constraints: Constraints,
  context: CallContext | undefined,
): ApiDecision | undefined {
  for (const kind of kindsOf(constraints)) {
    if (kind !== "perMinute" && kind !== "perDay") continue;
    const limit = constraints[kind];
    const used = context?.used[kind] ?? 0;
    // This call is left out of `used`, so it would be the one after it.
    if (limit === undefined || used < limit) continue;
    const retryAfterMs = context?.retryAfterMs?.[kind] ?? (kind === "perMinute" ? MINUTE_MS : DAY_MS);
    const rule = `${grant.pointer}/constraints/${kind}`;
    return { decision: "deny", code: "RATE_LIMITED", layer: "grant", rule, rate: { limit, used, retryAfterMs } };
  }
  return undefined;
}

function allow(grant: CompiledGrant, constraints: Constraints | null, host: HostDecision | undefined): ApiDecision {
  const layer = host?.layer ?? "grant";
  const rule = host === undefined ? grant.pointer : host.rule;
  const fields = constraints?.fields;
  return {
    decision: "allow",
    code: "ALLOWED",
    layer,
    rule,
    ...(host === undefined ? {} : { host }),
    ...(fields === undefined ? {} : { fields }),
  };
}
