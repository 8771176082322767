import type { HostRule, InertHostRule } from "../shapes/claims";
import { lowerAscii } from "../text/ascii";
import type { PublicSuffixes } from "./public-suffixes";
import { placesOf } from "./rule-parts";

/** What makes host rules unfit to be saved, and a document `MALFORMED` (spec §5, Host). */
export type HostRuleIssue = {
  /** Place in the document of the rule that is wrong; of two that overlap, the later. */
  index: number;
  code: "WILDCARD_TOO_WIDE" | "OVERLAP";
  /** Place of the earlier rule of an overlap. */
  other?: number;
};

export type HostRulesCheck = { ok: true } | { ok: false; issues: HostRuleIssue[] };

/**
 * Checks what only the rules together and the public-suffix table can tell: two rules of one host that share a port and
 * a purpose, whatever their times and versions, so that pins are never ambiguous; a wildcard whose base is a public
 * suffix or an ancestor of one. Used at every save and at verification (spec §5, Host). An inert rule allows nothing and
 * so overlaps with none.
 */
export function checkHostRules(
  hosts: readonly (HostRule | InertHostRule)[],
  publicSuffixes: PublicSuffixes,
): HostRulesCheck {
  const issues: HostRuleIssue[] = [];
  const taken = new Map<string, number>();
  for (const [index, rule] of hosts.entries()) {
    if (rule.host.startsWith("*.") && publicSuffixes.coversSuffix(lowerAscii(rule.host.slice(2)))) {
      issues.push({ index, code: "WILDCARD_TOO_WIDE" });
    }
    if ("inert" in rule) continue;
    const other = claimPlaces(taken, rule, index);
    if (other !== undefined) issues.push({ index, code: "OVERLAP", other });
  }
  return issues.length === 0 ? { ok: true } : { ok: false, issues };
}

/** Takes each port and purpose of a host for this rule; answers the first rule that already had one of them. */
function claimPlaces(taken: Map<string, number>, rule: HostRule, index: number): number | undefined {
  let other: number | undefined;
  for (const place of placesOf(rule)) {
    const holder = taken.get(place);
    if (holder === undefined) taken.set(place, index);
    else if (holder !== index) other = other === undefined ? holder : Math.min(other, holder);
  }
  return other;
}
