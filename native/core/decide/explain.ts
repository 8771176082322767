import { HOST_PURPOSES } from "../codes";
import { boundText } from "../text/plain-text";
import { type CallWalk, checksOf, freshUntil, startCallWalk } from "./api-checks";
import type { ApiQuestion } from "./api-question";
import { type ConstraintKind, findApi, listApis } from "./catalog";
import type { Check } from "./check";
import { isRateKind, kindsOf, seeConstraint } from "./check-constraints";
import type { CompiledPolicy } from "./compile-policy";
import { ADDRESS_CHECKS, type AddressWalk, GLOBAL_UNICAST, startAddressWalk } from "./decide-address";
import { allowCall } from "./decide-api";
import { allowHost } from "./decide-host";
import {
  REDIRECT_CHECKS,
  REDIRECT_HOPS_MAX,
  type RedirectQuestion,
  type RedirectWalk,
  startRedirectWalk,
} from "./decide-redirect";
import { type Decision, pointerToken } from "./decision";
import { helpOf } from "./help";
import { HOST_CHECKS, type HostQuestion, type HostWalk, isLive, isOpen, startHostWalk } from "./host-checks";
import { findNearest } from "./nearest-miss";
import { readUrlParts, schemeOf } from "./read-url";
import type { RecordedCall, Replay, Unrecorded } from "./replay";
import type { CheckName, Nearest, Step, Trace, TraceValue } from "./trace";

/**
 * How each decision comes about: the walk of `decideHost`, `decideRedirect`, `decideAddress` and `decideApi` over the same
 * checks, to the end, with what each saw (spec 5.50). Pure, never throws, and ends in the same code, layer and rule.
 */
export function explainHost(policy: CompiledPolicy, question: HostQuestion): Trace {
  const walk = startHostWalk(policy, question);
  return trace(walk, HOST_CHECKS, SEE_HOST, allowHost, findNearest);
}

export function explainRedirect(policy: CompiledPolicy, question: RedirectQuestion): Trace {
  const walk = startRedirectWalk(policy, question);
  return trace(walk, REDIRECT_CHECKS, { ...SEE_HOST, ...SEE_HOP }, allowHost, findNearest);
}

export function explainApi(policy: CompiledPolicy, question: ApiQuestion): Trace {
  const walk = startCallWalk(policy, question, false);
  return trace(walk, checksOf(walk), { ...SEE_HOST, ...SEE_CALL }, allowCall, findNearest);
}

/**
 * A call's walk as far as a record tells of it (spec 5.54): a check that depends on what no record holds neither passes nor
 * fails. Pure, never throws. It is a refusal only where a check that was asked refuses; else nothing that was recorded
 * stands against the call.
 */
export function replayCall(policy: CompiledPolicy, recorded: RecordedCall): Replay {
  const { versionCode, host, port, now } = recorded;
  const runtime = recorded.runtime ?? { kind: "", version: "" };
  const api = recorded.api ?? listApis().find(({ purpose }) => purpose === recorded.purpose)?.name ?? "";
  const purpose = findApi(api)?.purpose;
  const isUrlKnown = purpose != null && host !== null && port !== null;
  const params = isUrlKnown ? { url: `${schemeOf(purpose)}://${host}:${port}/` } : undefined;
  const walk = startCallWalk(policy, { versionCode, api, runtime, params, now }, false);
  return trace(
    walk,
    checksOf(walk),
    { ...SEE_HOST, ...SEE_CALL },
    allowCall,
    nearestRecorded,
    ({ check, part, code, layer }): Unrecorded | undefined =>
      (part === "host" ? !isUrlKnown : isUnrecorded(check, walk, recorded))
        ? { check, code, layer, state: "not_recorded" }
        : undefined,
  );
}

function isUnrecorded(check: CheckName, walk: CallWalk, recorded: RecordedCall): boolean {
  return (recorded.api === null && OF_THE_API.has(check)) || UNRECORDED[check]?.(walk, recorded) === true;
}

/** The checks of a call that ask which API it is. */
const OF_THE_API: ReadonlySet<CheckName> = new Set<CheckName>([
  "API",
  "FRESHNESS",
  "DECLARATION",
  "GRANT",
  "GRANT_FORM",
  "GRANT_TIME",
  "CONSENT_ASKED",
  "CONSENT_GIVEN",
  "ARGUMENTS",
  "CONSTRAINTS",
  "RATES",
]);

/** The checks that what no record holds may decide, and whether it does in this walk. */
const UNRECORDED: Readonly<Partial<Record<CheckName, (walk: CallWalk, recorded: RecordedCall) => boolean>>> = {
  RUNTIME: ({ policy }, { runtime }) => runtime === null && policy.minRuntime.size > 0,
  CONSENT_ASKED: ({ grant }) => grant?.asks === true,
  CONSENT_GIVEN: ({ grant }) => grant?.asks === true,
  ARGUMENTS: () => true,
  CONSTRAINTS: ({ grant }) => grant?.constraints != null && kindsOf(grant.constraints).some((one) => !isRateKind(one)),
  RATES: ({ grant }) => grant !== undefined && grant.rates.length > 0,
};

/** What came nearest, but for the misses that depend on what was not recorded. */
function nearestRecorded(check: CheckName, walk: CallWalk): Nearest | null {
  const nearest = findNearest(check, walk);
  const misses = nearest?.misses.filter((miss) => !["CONSENT", "CONSTRAINT", "RATE"].includes(miss)) ?? [];
  return nearest === null || misses.length === 0 ? null : { ...nearest, misses };
}

export function explainAddress(text: string): Trace {
  const allow = () => ({ decision: "allow", code: "ALLOWED", layer: "host", rule: null }) as const;
  return trace(startAddressWalk(text), ADDRESS_CHECKS, SEE_ADDRESS, allow, () => null);
}

/** What a check looked at, where it passed; a failed one looked at the rule that refused. */
type Sight = {
  at?: string | null;
  seen: TraceValue;
  wanted?: TraceValue;
  /** `at` is a place in the parameters of the call, and no document has a rule about it. */
  isInCall?: true;
};

function trace<Walk, Name extends CheckName, Left = never>(
  walk: Walk,
  checks: readonly Check<Walk, Name>[],
  see: Readonly<Record<Name, (walk: Walk, rule: string | null | undefined) => Sight>>,
  allow: (walk: Walk) => Decision,
  nearestTo: (check: Name, walk: Walk) => Nearest | null,
  leave: (check: Check<Walk, Name>) => Left | undefined = () => undefined,
): Omit<Trace, "checks"> & { checks: (Step | Left)[] } {
  let end: Decision | undefined;
  let nearest: Nearest | null = null;
  const steps = checks.map((one): Step | Left => {
    const { check, code, layer, refuse } = one;
    if (end !== undefined) return { check, code, layer, state: "not_reached" };
    const left = leave(one);
    if (left !== undefined) return left;
    const rule = refuse(walk);
    const { at = null, seen, wanted = null, isInCall = false } = see[check](walk, rule);
    if (rule === undefined) return { check, code, layer, state: "passed", at, seen, wanted };
    end = { decision: "deny", code, layer, rule };
    nearest = nearestTo(check, walk);
    return { check, code, layer, state: "failed", at: isInCall ? at : rule, seen, wanted };
  });
  const { decision, code, layer, rule } = end ?? allow(walk);
  const help = decision === "deny" ? helpOf(code) : null;
  return { decision, code, layer, rule, checks: steps, nearest, help };
}

/** Texts of a program are cut to this many UTF-16 units. */
const TEXT_UNITS_MAX = 256;
const bound = (text: string) => boundText(text, TEXT_UNITS_MAX);

const SEE_HOST = {
  URL: ({ url }) => {
    const read = readUrlParts(url);
    return { seen: typeof read === "string" ? read : null };
  },
  SCHEME: ({ url, parts, purpose }) => ({
    seen: parts === null || parts.schemeEnd < 0 ? null : bound(url.slice(0, parts.schemeEnd)),
    wanted: schemeOf(purpose),
  }),
  HOST: ({ url, parts, host }) => ({
    seen: host ?? (parts === null ? null : bound(url.slice(parts.hostStart, parts.hostEnd))),
  }),
  BLOCKED: ({ host }) => ({ seen: host }),
  RULE: ({ host, rule }) => ({ at: rule?.pointer ?? null, seen: host, wanted: rule?.pattern ?? null }),
  RULE_TIME: ({ now, rule }) => ({ at: rule?.pointer ?? null, seen: now, wanted: finite(rule?.until) }),
  PORT: (walk) => ({
    at: walk.rule?.pointer ?? null,
    seen: walk.port,
    wanted: distinct(walk.rules.filter((rule) => isLive(rule, walk)).flatMap(({ ports }) => ports)).sort(
      (a, b) => a - b,
    ),
  }),
  PURPOSE: (walk) => {
    const purposes = walk.rules.filter((rule) => isOpen(rule, walk)).flatMap((rule) => rule.purposes);
    return {
      at: walk.rule?.pointer ?? null,
      seen: walk.purpose,
      wanted: HOST_PURPOSES.filter((one) => purposes.includes(one)),
    };
  },
} satisfies Record<string, (walk: HostWalk) => Sight>;

const SEE_HOP = {
  HOP: ({ hop }) => ({ seen: hop, wanted: REDIRECT_HOPS_MAX }),
} satisfies Record<string, (walk: RedirectWalk) => Sight>;

const SEE_CALL = {
  API: ({ question }) => ({ seen: bound(question.api) }),
  SUSPENSION: ({ policy }) => ({ seen: policy.appId }),
  STATUS: ({ policy }) => ({ at: "/status", seen: policy.status, wanted: "active" }),
  RUNTIME: ({ policy, question: { runtime } }) => {
    const minimum = policy.minRuntime.get(runtime.kind);
    const at = minimum === undefined ? null : `/minRuntime/${pointerToken(runtime.kind)}`;
    return { at, seen: bound(runtime.version), wanted: minimum ?? null };
  },
  VERSION: ({ policy, version, versionCode }) => ({
    at: version?.pointer ?? null,
    seen: versionCode,
    wanted: [...policy.versions.keys()],
  }),
  EPOCH: ({ policy }) => ({ at: "/epoch", seen: policy.programEpoch, wanted: policy.epoch }),
  REVISION: ({ policy: { appId, minRevision, programRevision } }) => ({
    at: minRevision === null ? null : `/minRevisions/${pointerToken(appId)}`,
    seen: programRevision,
    wanted: minRevision,
  }),
  FRESHNESS: (walk) => ({ at: "/exp", seen: walk.now, wanted: freshUntil(walk) }),
  DECLARATION: ({ version, api }) => ({
    at: version === undefined ? null : `${version.pointer}/declares`,
    seen: api?.capability.name ?? null,
    wanted: [...(version?.declares ?? [])],
  }),
  GRANT: ({ grant, api }) => ({ at: grant?.pointer ?? null, seen: api?.capability.name ?? null }),
  GRANT_FORM: ({ grant, api }) => ({ at: grant?.pointer ?? null, seen: api?.capability.name ?? null }),
  GRANT_TIME: ({ grant, now }) => {
    const until = finite(grant?.until);
    return { at: until === null ? null : `${grant?.pointer}/until`, seen: now, wanted: until };
  },
  CONSENT_ASKED: seeConsent,
  CONSENT_GIVEN: seeConsent,
  ARGUMENTS: ({ api, question }) => {
    const misfit = api?.findMisfit(question.params);
    return misfit === undefined ? { seen: null } : { ...misfit, isInCall: true };
  },
  CONSTRAINTS: ({ grant, question: { context, params } }, rule) => {
    if (rule == null) return { at: grant?.constraints ? `${grant.pointer}/constraints` : null, seen: null };
    const kind = lastToken(rule) as ConstraintKind;
    const seen = seeConstraint(kind, context, params);
    const bounded = Array.isArray(seen) ? seen.map(bound) : typeof seen === "string" ? bound(seen) : seen;
    return { seen: bounded, wanted: grant?.constraints?.[kind] ?? null };
  },
  RATES: ({ grant, question: { context }, rate }) => ({
    at: grant?.constraints ? `${grant.pointer}/constraints` : null,
    seen: rate === null ? null : (context?.used[rate] ?? 0),
    wanted: rate === null ? null : (grant?.constraints?.[rate] ?? null),
  }),
} satisfies Record<string, (walk: CallWalk, rule: string | null | undefined) => Sight>;

function seeConsent({ grant, question }: CallWalk): Sight {
  return {
    at: grant === undefined ? null : `${grant.pointer}/consent`,
    seen: question.consent ?? null,
    wanted: grant?.asks ? "given" : null,
  };
}

const SEE_ADDRESS = {
  ADDRESS: ({ text }) => ({ seen: bound(text) }),
  MULTICAST: ({ text }) => ({ seen: bound(text) }),
  MAPPED: ({ text }) => ({ seen: bound(text) }),
  REGISTRY: ({ address, entry }) => ({
    seen: entry?.name ?? null,
    wanted: entry === undefined && address?.version === 6 ? GLOBAL_UNICAST : null,
  }),
} satisfies Record<string, (walk: AddressWalk) => Sight>;

function finite(until: number | undefined): number | null {
  return until !== undefined && Number.isFinite(until) ? until : null;
}

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

function lastToken(pointer: string): string {
  return pointer.slice(pointer.lastIndexOf("/") + 1);
}
