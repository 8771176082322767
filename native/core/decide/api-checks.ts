import type { ApiQuestion } from "./api-question";
import { type Api, findApi } from "./catalog";
import type { Check } from "./check";
import { findUnmetConstraint, findUnmetMoment, type RateKind } from "./check-constraints";
import { compareRuntimeVersions } from "./compare-runtime-versions";
import type { CompiledGrant, CompiledPolicy, CompiledVersion } from "./compile-policy";
import { pointerToken } from "./decision";
import { HOST_CHECKS, type HostWalk, NO_RULES } from "./host-checks";

/** A call on its way through the checks: what its names find in the catalogue and the policy, and what the checks found. */
export type CallWalk = HostWalk & {
  readonly question: ApiQuestion;
  /** Asked without calling: what depends on arguments is left out (spec §5, `hasAccess`). */
  readonly isAsking: boolean;
  readonly api: Api | undefined;
  readonly version: CompiledVersion | undefined;
  readonly grant: CompiledGrant | undefined;
  /** It carries a URL, which is decided too. */
  readonly isNetwork: boolean;
  /** The rate that it is over. */
  rate: RateKind | null;
};

export function startCallWalk(policy: CompiledPolicy, question: ApiQuestion, isAsking: boolean): CallWalk {
  const { versionCode, now } = question;
  const api = findApi(question.api);
  const isNetwork = api?.purpose != null && !isAsking;
  return {
    policy,
    versionCode,
    now,
    url: isNetwork ? readUrlMember(question.params) : "",
    purpose: api?.purpose ?? "request",
    parts: null,
    host: null,
    port: null,
    rules: NO_RULES,
    rule: null,
    question,
    isAsking,
    api,
    version: policy.versions.get(versionCode),
    grant: api && policy.grants.get(api.capability.name),
    isNetwork,
    rate: null,
  };
}

/** The URL of a network call; the schema of every network API requires it to be a text (held by a test of the catalogue). */
function readUrlMember(params: unknown): string {
  const isObject = typeof params === "object" && params !== null;
  return isObject && Object.hasOwn(params, "url") && "url" in params && typeof params.url === "string"
    ? params.url
    : "";
}

const BEFORE_HOST = [
  { check: "API", part: "call", code: "UNKNOWN_API", layer: "api", rule: null, refuse: requireApi },
  {
    check: "SUSPENSION",
    part: "call",
    code: "PROGRAM_SUSPENDED",
    layer: "platform",
    rule: "/suspended/*",
    refuse: refuseSuspended,
  },
  {
    check: "STATUS",
    part: "call",
    code: "PROGRAM_SUSPENDED",
    layer: "document",
    rule: "/status",
    refuse: requireActive,
  },
  {
    check: "RUNTIME",
    part: "call",
    code: "UPGRADE_REQUIRED",
    layer: "platform",
    rule: "/minRuntime/*",
    refuse: refuseRuntime,
  },
  {
    check: "VERSION",
    part: "call",
    code: "UPGRADE_REQUIRED",
    layer: "document",
    rule: "/versions",
    refuse: requireVersion,
  },
  { check: "EPOCH", part: "call", code: "POLICY_EXPIRED", layer: "platform", rule: "/epoch", refuse: requireEpoch },
  {
    check: "REVISION",
    part: "call",
    code: "POLICY_EXPIRED",
    layer: "platform",
    rule: "/minRevisions/*",
    refuse: refuseRevision,
  },
  { check: "FRESHNESS", part: "call", code: "POLICY_EXPIRED", layer: "document", rule: "/exp", refuse: refuseAge },
  {
    check: "DECLARATION",
    part: "call",
    code: "PERMISSION_DENIED",
    layer: "manifest",
    rule: "/versions/*/declares",
    refuse: requireDeclaration,
  },
  { check: "GRANT", part: "call", code: "PERMISSION_DENIED", layer: "grant", rule: null, refuse: requireGrant },
  {
    check: "GRANT_FORM",
    part: "call",
    code: "PERMISSION_DENIED",
    layer: "grant",
    rule: "/grants/*",
    refuse: refuseInert,
  },
  {
    check: "GRANT_TIME",
    part: "call",
    code: "PERMISSION_DENIED",
    layer: "grant",
    rule: "/grants/*/until",
    refuse: refuseEnded,
  },
  {
    check: "CONSENT_ASKED",
    part: "call",
    code: "CONSENT_REQUIRED",
    layer: "consent",
    rule: "/grants/*/consent",
    refuse: requireAnswer,
  },
  {
    check: "CONSENT_GIVEN",
    part: "call",
    code: "CONSENT_DENIED",
    layer: "consent",
    rule: "/grants/*/consent",
    refuse: requireConsent,
  },
  { check: "ARGUMENTS", part: "call", code: "INVALID_ARGUMENTS", layer: "api", rule: null, refuse: refuseArguments },
  {
    check: "CONSTRAINTS",
    part: "call",
    code: "CONSTRAINT_NOT_MET",
    layer: "grant",
    rule: "/grants/*/constraints/*",
    refuse: refuseConstraint,
  },
] as const satisfies readonly Check<CallWalk>[];

const RATES = [
  {
    check: "RATES",
    part: "rate",
    code: "RATE_LIMITED",
    layer: "grant",
    rule: "/grants/*/constraints/*",
    refuse: refuseRate,
  },
] as const satisfies readonly Check<CallWalk>[];

/** The decision of a call, in its order (spec §5, API call); then the same of a call that carries a URL. */
export const CALL_CHECKS = [...BEFORE_HOST, ...RATES] as const;
export const NETWORK_CALL_CHECKS = [...BEFORE_HOST, ...HOST_CHECKS, ...RATES] as const;

export type CallCheck = (typeof NETWORK_CALL_CHECKS)[number];

export function checksOf({ isNetwork }: CallWalk): readonly CallCheck[] {
  return isNetwork ? NETWORK_CALL_CHECKS : CALL_CHECKS;
}

function requireApi({ api }: CallWalk): null | undefined {
  return api === undefined ? null : undefined;
}

function refuseSuspended({ policy }: CallWalk): string | undefined {
  return policy.suspendedAt ?? undefined;
}

function requireActive({ policy }: CallWalk): string | undefined {
  return policy.status === "active" ? undefined : "/status";
}

/** A version of the runtime that can't be read is older than any. */
function refuseRuntime({ policy, question }: CallWalk): string | undefined {
  if (policy.minRuntime.size === 0) return undefined;
  const { kind, version } = question.runtime;
  const minimum = policy.minRuntime.get(kind);
  if (minimum === undefined || (compareRuntimeVersions(version, minimum) ?? -1) >= 0) return undefined;
  return `/minRuntime/${pointerToken(kind)}`;
}

function requireVersion({ version }: CallWalk): string | undefined {
  return version === undefined ? "/versions" : undefined;
}

/** Before the revision, which means nothing outside its epoch (spec §4, "compared as a pair"). */
function requireEpoch({ policy }: CallWalk): string | undefined {
  return policy.programEpoch === policy.epoch ? undefined : "/epoch";
}

function refuseRevision({ policy }: CallWalk): string | undefined {
  const { minRevision, programRevision, appId } = policy;
  return minRevision === null || programRevision >= minRevision ? undefined : `/minRevisions/${pointerToken(appId)}`;
}

function refuseAge(walk: CallWalk): string | undefined {
  return walk.now < freshUntil(walk) ? undefined : "/exp";
}

/** What is public goes on for the grace (spec §4). */
export function freshUntil({ policy, api }: CallWalk): number {
  return api?.capability.sensitivity === "public" ? policy.endsAt : policy.expiresAt;
}

function requireDeclaration({ version, api }: CallWalk): string | null | undefined {
  if (version === undefined || api === undefined) return null;
  return version.declares.has(api.capability.name) ? undefined : `${version.pointer}/declares`;
}

function requireGrant({ grant }: CallWalk): null | undefined {
  return grant === undefined ? null : undefined;
}

function refuseInert({ grant }: CallWalk): string | undefined {
  return grant?.isInert ? grant.pointer : undefined;
}

function refuseEnded({ grant, now }: CallWalk): string | undefined {
  return grant !== undefined && now >= grant.until ? `${grant.pointer}/until` : undefined;
}

function requireAnswer({ grant, question }: CallWalk): string | undefined {
  return grant?.asks && question.consent === undefined ? `${grant.pointer}/consent` : undefined;
}

function requireConsent({ grant, question }: CallWalk): string | undefined {
  return grant?.asks && question.consent !== "given" ? `${grant.pointer}/consent` : undefined;
}

function refuseArguments({ api, isAsking, question }: CallWalk): null | undefined {
  return isAsking || api?.findMisfit(question.params) === undefined ? undefined : null;
}

function refuseConstraint({ grant, isAsking, question }: CallWalk): string | undefined {
  if (grant === undefined || grant.constraints === null) return undefined;
  const { constraints } = grant;
  const { context, params } = question;
  const unmet = isAsking ? findUnmetMoment(constraints, context) : findUnmetConstraint(constraints, context, params);
  return unmet === undefined ? undefined : `${grant.pointer}/constraints/${unmet}`;
}

/** The first in document order. The call is left out of `used`, so it would be the one after it. */
function refuseRate(walk: CallWalk): string | undefined {
  const { grant, question } = walk;
  if (grant === undefined) return undefined;
  for (const kind of grant.rates) {
    const limit = grant.constraints?.[kind];
    if (limit === undefined || (question.context?.used[kind] ?? 0) < limit) continue;
    walk.rate = kind;
    return `${grant.pointer}/constraints/${kind}`;
  }
  return undefined;
}
