import type { HostCode, HostPurpose } from "../codes";
import { type CompiledPolicy, type CompiledRule, purposeBit } from "./compile-policy";
import type { HostDecision } from "./decision";
import { readUrl } from "./read-url";

export type HostQuestion = {
  versionCode: number;
  /** The raw text, as the program gave it. */
  url: string;
  purpose: HostPurpose;
  /** Whole seconds: time for stored documents, already reckoned (spec §4). */
  now: number;
};

/**
 * Whether a version may reach a URL for a purpose at a time (spec §5, Host). Synchronous, never throws, whatever the
 * text; freshness of the documents is the API call's business, `until` of a rule is judged here.
 */
export function decideHost(policy: CompiledPolicy, { versionCode, url, purpose, now }: HostQuestion): HostDecision {
  const reading = readUrl(url, purpose);
  if (!reading.ok) return deny(reading.code, null, null, null);
  const { host, port } = reading;
  if (policy.blockedHosts.size > 0) {
    const place = findBlocked(policy.blockedHosts, host);
    if (place !== undefined) {
      const rule = `/blockedHosts/${place}`;
      return { decision: "deny", code: "HOST_BLOCKED_BY_PLATFORM", layer: "platform", rule, host, port, pins: null };
    }
  }
  const rules = findRules(policy, host, versionCode);
  if (rules === undefined) return deny("HOST_NOT_ALLOWED", null, host, port);
  return filterRules(rules, { versionCode, host, port, bit: purposeBit(purpose), now });
}

function deny(code: HostCode, rule: string | null, host: string | null, port: number | null): HostDecision {
  return { decision: "deny", code, layer: "host", rule, host, port, pins: null };
}

/** The first entry, in document order, that names the host or a name above it. */
function findBlocked(blocked: ReadonlyMap<string, number>, host: string): number | undefined {
  let first = blocked.get(host);
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const place = blocked.get(host.slice(dot + 1));
    if (place !== undefined && (first === undefined || place < first)) first = place;
  }
  return first;
}

/**
 * The rules that name the host. If an exact one exists for this version, even one that is over or inert, wildcards are
 * left aside; a rule whose `fromVersion` is above the version does not exist.
 */
function findRules(policy: CompiledPolicy, host: string, versionCode: number): readonly CompiledRule[] | undefined {
  const exact = policy.exactRules.get(host);
  if (exact !== undefined && hasRuleFor(exact, versionCode)) return exact;
  const wildcard = policy.wildcardRules.get(host.slice(host.indexOf(".") + 1));
  return wildcard !== undefined && hasRuleFor(wildcard, versionCode) ? wildcard : undefined;
}

function hasRuleFor(rules: readonly CompiledRule[], versionCode: number): boolean {
  for (const rule of rules) if (rule.fromVersion <= versionCode) return true;
  return false;
}

type Asked = { versionCode: number; host: string; port: number; bit: number; now: number };

/**
 * Time, ports, purposes: each filter narrows what the one before it left. The first that leaves nothing names the code
 * and the first rule that it removed, which is the first that reached it.
 */
function filterRules(rules: readonly CompiledRule[], asked: Asked): HostDecision {
  const { versionCode, host, port, bit, now } = asked;
  let present: CompiledRule | undefined;
  let live: CompiledRule | undefined;
  let open: CompiledRule | undefined;
  for (const candidate of rules) {
    if (candidate.fromVersion > versionCode) continue;
    present ??= candidate;
    if (now >= candidate.until) continue;
    live ??= candidate;
    if (!candidate.ports.includes(port)) continue;
    open ??= candidate;
    if (candidate.rule === null || (candidate.purposes & bit) === 0) continue;
    const pins = candidate.rule.pins ?? null;
    return { decision: "allow", code: "ALLOWED", layer: "host", rule: candidate.pointer, host, port, pins };
  }
  if (open !== undefined) return deny("PURPOSE_NOT_ALLOWED", open.pointer, host, port);
  if (live !== undefined) return deny("PORT_NOT_ALLOWED", live.pointer, host, port);
  return deny("HOST_NOT_ALLOWED", present?.pointer ?? null, host, port);
}
