import { lowerAscii } from "../text/ascii";
import { CALL_CHECKS, type CallWalk } from "./api-checks";
import { listApis } from "./catalog";
import type { CompiledRule, CompiledVersion } from "./compile-policy";
import { type HostWalk, hasPort, hasPurpose, isForVersion, isInTime } from "./host-checks";
import type { CheckName, Miss, Nearest } from "./trace";

/**
 * What came nearest to allowing what a check refused (spec 5.52); null where nothing is near. Asked of the walk that the
 * check ended.
 */
export function findNearest(check: CheckName, walk: CallWalk | HostWalk): Nearest | null {
  if (RULE_CHECKS.includes(check)) return nearestRule(walk);
  if (!("question" in walk)) return null;
  if (check === "API") return nearestApi(walk.question.api);
  if (check === "VERSION") return nearestVersion(walk, () => true);
  const capability = walk.api?.capability.name ?? "";
  if (check === "DECLARATION") return nearestVersion(walk, ({ declares }) => declares.has(capability));
  return check === "GRANT_FORM" || check in GRANT_MISSES ? grantItself(walk) : null;
}

const RULE_CHECKS: readonly CheckName[] = ["RULE", "RULE_TIME", "PORT", "PURPOSE"];

/** The name in another letter case, else one with a verb more, else one of the capability that it begins with. */
function nearestApi(asked: string): Nearest | null {
  const names = listApis().map(({ name, capability }) => ({ name, capability: capability.name }));
  const found =
    names.find(({ name }) => lowerAscii(name) === lowerAscii(asked)) ??
    names.find(({ name }) => name.startsWith(`${asked}.`)) ??
    names.find(({ capability }) => asked.startsWith(`${capability}.`));
  return found === undefined ? null : { at: null, name: found.name, misses: ["NAME"] };
}

/** The fitting version whose code is nearest to the one that asks; of two the higher. */
function nearestVersion(walk: CallWalk, fits: (version: CompiledVersion) => boolean): Nearest | null {
  const asked = walk.versionCode;
  const [nearest] = [...walk.policy.versions]
    .filter(([, version]) => fits(version))
    .sort(([a], [b]) => Math.abs(a - asked) - Math.abs(b - asked) || b - a);
  if (nearest === undefined) return null;
  const [code, { pointer }] = nearest;
  return { at: pointer, name: String(code), misses: ["VERSION"] };
}

const GRANT_MISSES: Partial<Record<CheckName, Miss>> = {
  GRANT_TIME: "UNTIL",
  CONSENT_ASKED: "CONSENT",
  CONSENT_GIVEN: "CONSENT",
  CONSTRAINTS: "CONSTRAINT",
  RATES: "RATE",
};

/** The grant that is there, with everything about it that this call does not meet. */
function grantItself(walk: CallWalk): Nearest | null {
  const { grant, api } = walk;
  if (grant === undefined || api === undefined) return null;
  if (grant.isInert) return { at: grant.pointer, name: api.capability.name, misses: ["INERT"] };
  const misses = CALL_CHECKS.flatMap(({ check, refuse }) => {
    const miss = GRANT_MISSES[check];
    return miss === undefined || refuse(walk) === undefined ? [] : [miss];
  });
  return { at: grant.pointer, name: api.capability.name, misses: [...new Set(misses)] };
}

type Candidate = { rule: CompiledRule; misses: Miss[]; equalLabels: number };

/** Of the rules that name the host, else of those one label away, the one with the fewest misses, the first of several. */
function nearestRule(walk: HostWalk): Nearest | null {
  const { policy, host } = walk;
  if (host === null) return null;
  const labels = host.split(".");
  const hasExact = policy.exactRules.get(host)?.some((rule) => isForVersion(rule, walk)) ?? false;
  const named: Candidate[] = [];
  const near: Candidate[] = [];
  for (const rule of policy.rules) {
    const { distance, equalLabels } = compareLabels(rule.labels, labels);
    const misses = missesOf(rule, walk);
    if (distance === 0) {
      const isAside = hasExact && rule.labels[0] === "*";
      named.push({ rule, misses: isAside ? ["SET_ASIDE", ...misses] : misses, equalLabels });
    } else if (distance === 1) {
      near.push({ rule, misses: ["LABEL", ...misses], equalLabels });
    }
  }
  const candidates = named.length > 0 ? named : near;
  // A stable sort: what is equal stays in document order.
  const [first] = candidates.sort((a, b) => b.equalLabels - a.equalLabels || a.misses.length - b.misses.length);
  return first === undefined ? null : { at: first.rule.pointer, name: first.rule.pattern, misses: first.misses };
}

function missesOf(rule: CompiledRule, walk: HostWalk): Miss[] {
  const misses: Miss[] = [];
  if (!isForVersion(rule, walk)) misses.push("FROM_VERSION");
  if (rule.rule === null) misses.push("INERT");
  else if (!isInTime(rule, walk)) misses.push("UNTIL");
  if (!hasPort(rule, walk)) misses.push("PORT");
  if (!hasPurpose(rule, walk)) misses.push("PURPOSE");
  return misses;
}

/**
 * How far a pattern is from a name: 0 where it names it, 1 where one label added, left out or changed would do, else 2;
 * and how many labels are equal, counted from the right.
 */
function compareLabels(
  pattern: readonly string[],
  name: readonly string[],
): { distance: 0 | 1 | 2; equalLabels: number } {
  const isEqual = (a: string | undefined, b: string | undefined) => a === b || (a === "*" && b !== undefined);
  const shorter = Math.min(pattern.length, name.length);
  let left = 0;
  while (left < shorter && isEqual(pattern[left], name[left])) left++;
  let right = 0;
  while (right < shorter && isEqual(pattern.at(-1 - right), name.at(-1 - right))) right++;
  const difference = Math.abs(pattern.length - name.length);
  if (difference === 0 && left === shorter) return { distance: 0, equalLabels: shorter };
  const isNear = difference === 0 ? left + right >= shorter - 1 : difference === 1 && left + right >= shorter;
  return { distance: isNear ? 1 : 2, equalLabels: right };
}
