import type { HostPurpose } from "../codes";
import type { Check } from "./check";
import type { CompiledPolicy, CompiledRule } from "./compile-policy";
import { hasScheme, readUrlHost, readUrlParts, type UrlParts } from "./read-url";

export type HostQuestion = {
  versionCode: number;
  /** The raw text, as the program gave it. */
  url: string;
  purpose: HostPurpose;
  /** Whole seconds: time for stored documents, already reckoned (spec §4). */
  now: number;
};

/** A host question on its way through the checks, and what they found so far. */
export type HostWalk = {
  readonly policy: CompiledPolicy;
  readonly versionCode: number;
  readonly now: number;
  readonly url: string;
  readonly purpose: HostPurpose;
  /** Null until the URL was read. */
  parts: UrlParts | null;
  /** Null until the name was read. */
  host: string | null;
  port: number | null;
  /** The rules that name the host. */
  rules: readonly CompiledRule[];
  /** The first rule, in document order, that every filter so far has left. */
  rule: CompiledRule | null;
};

export const NO_RULES: readonly CompiledRule[] = [];

export function startHostWalk(policy: CompiledPolicy, { versionCode, url, purpose, now }: HostQuestion): HostWalk {
  return { policy, versionCode, now, url, purpose, parts: null, host: null, port: null, rules: NO_RULES, rule: null };
}

/** The host decision, in its order (spec §5, Host). */
export const HOST_CHECKS = [
  { check: "URL", part: "host", code: "URL_MALFORMED", layer: "host", rule: null, refuse: readParts },
  { check: "SCHEME", part: "host", code: "SCHEME_NOT_ALLOWED", layer: "host", rule: null, refuse: requireScheme },
  { check: "HOST", part: "host", code: "HOST_MALFORMED", layer: "host", rule: null, refuse: readName },
  {
    check: "BLOCKED",
    part: "host",
    code: "HOST_BLOCKED_BY_PLATFORM",
    layer: "platform",
    rule: "/blockedHosts/*",
    refuse: findBlocked,
  },
  { check: "RULE", part: "host", code: "HOST_NOT_ALLOWED", layer: "host", rule: null, refuse: findRules },
  { check: "RULE_TIME", part: "host", code: "HOST_NOT_ALLOWED", layer: "host", rule: "/hosts/*", refuse: keepLive },
  { check: "PORT", part: "host", code: "PORT_NOT_ALLOWED", layer: "host", rule: "/hosts/*", refuse: keepOpen },
  { check: "PURPOSE", part: "host", code: "PURPOSE_NOT_ALLOWED", layer: "host", rule: "/hosts/*", refuse: keepFitting },
] as const satisfies readonly Check<HostWalk>[];

export const isForVersion = (rule: CompiledRule, walk: HostWalk): boolean => rule.fromVersion <= walk.versionCode;
export const isInTime = (rule: CompiledRule, walk: HostWalk): boolean => walk.now < rule.until;
export const hasPort = (rule: CompiledRule, walk: HostWalk): boolean =>
  walk.port !== null && rule.ports.includes(walk.port);
export const hasPurpose = (rule: CompiledRule, walk: HostWalk): boolean => rule.purposes.includes(walk.purpose);

/** What each filter leaves of what the one before it left. */
export const isLive = (rule: CompiledRule, walk: HostWalk): boolean => isForVersion(rule, walk) && isInTime(rule, walk);
export const isOpen = (rule: CompiledRule, walk: HostWalk): boolean => isLive(rule, walk) && hasPort(rule, walk);

function readParts(walk: HostWalk): null | undefined {
  const parts = readUrlParts(walk.url);
  if (typeof parts === "string") return null;
  walk.parts = parts;
  return undefined;
}

function requireScheme({ url, parts, purpose }: HostWalk): null | undefined {
  return parts !== null && hasScheme(url, parts, purpose) ? undefined : null;
}

function readName(walk: HostWalk): null | undefined {
  const { url, parts } = walk;
  const host = parts === null ? undefined : readUrlHost(url, parts);
  if (parts === null || host === undefined) return null;
  walk.host = host;
  walk.port = parts.port;
  return undefined;
}

/** The first entry, in document order, that names the host or a name above it. */
function findBlocked({ policy: { blockedHosts, blockedLengths }, host }: HostWalk): string | undefined {
  if (host === null || blockedHosts.size === 0) return undefined;
  let first: number | undefined;
  for (let start = 0; start !== -1; start = host.indexOf(".", start) + 1 || -1) {
    if (blockedLengths[host.length - start] !== true) continue;
    const place = blockedHosts.get(host.slice(start));
    if (place !== undefined && (first === undefined || place < first)) first = place;
  }
  return first === undefined ? undefined : `/blockedHosts/${first}`;
}

/**
 * The rules that name the host. If an exact one exists for this version, even one that is over or inert, wildcards are
 * left aside; a rule whose `fromVersion` is above the version does not exist.
 */
function findRules(walk: HostWalk): null | undefined {
  const { policy, host } = walk;
  if (host === null) return null;
  const { exactRules, wildcardRules } = policy;
  const isFound =
    takeRules(walk, exactRules.get(host)) || takeRules(walk, wildcardRules.get(host.slice(host.indexOf(".") + 1)));
  return isFound ? undefined : null;
}

function takeRules(walk: HostWalk, rules: readonly CompiledRule[] | undefined): boolean {
  if (rules === undefined) return false;
  for (const rule of rules) {
    if (!isForVersion(rule, walk)) continue;
    walk.rules = rules;
    walk.rule = rule;
    return true;
  }
  return false;
}

function keepLive(walk: HostWalk): string | null | undefined {
  for (const rule of walk.rules) if (isLive(rule, walk)) return keep(walk, rule);
  return refuseFirst(walk);
}

function keepOpen(walk: HostWalk): string | null | undefined {
  for (const rule of walk.rules) if (isOpen(rule, walk)) return keep(walk, rule);
  return refuseFirst(walk);
}

function keepFitting(walk: HostWalk): string | null | undefined {
  for (const rule of walk.rules) if (isOpen(rule, walk) && hasPurpose(rule, walk)) return keep(walk, rule);
  return refuseFirst(walk);
}

function keep(walk: HostWalk, rule: CompiledRule): undefined {
  walk.rule = rule;
}

/** Of the rules that a filter removed, the first is the first that reached it. */
function refuseFirst({ rule }: HostWalk): string | null {
  return rule?.pointer ?? null;
}
