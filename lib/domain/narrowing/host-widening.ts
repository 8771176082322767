import { HOST_PURPOSES } from "@/native/core/codes";
import type { HostRule, Pins } from "@/native/core/shapes/claims";
import { isSameValue } from "../same-value";

export type HostWidening = { code: "HOST_WIDER" | "HOST_NOT_PROVEN"; what: string };

/** Questions asked of one proof at most; a rule set that needs more is left to two people. */
const QUESTIONS_MAX = 2_000_000;

/** What the questions ask of a rule. One with anything else is not proven. */
const ASKED: { readonly [F in keyof Required<HostRule>]: true } = {
  host: true,
  ports: true,
  purposes: true,
  until: true,
  fromVersion: true,
  pins: true,
};
const isAsked = (rule: HostRule) => Object.keys(rule).every((field) => Object.hasOwn(ASKED, field));

/**
 * The first question that the rules after allow and none of the given rule sets does, or null if there is none for any
 * version, host, port, purpose and time (spec §5 "Host", §6). Finite because an answer can only change at what the rules name:
 * each exact host, one fresh label below each wildcard, each named port, and each `fromVersion` and `until`.
 * Blocked hosts are left out of account on both sides: what stands behind a block counts as if the block were gone.
 */
export function findHostWidening(
  allowed: readonly (readonly HostRule[])[],
  after: readonly HostRule[],
): HostWidening | null {
  let questions = 0;
  for (const host of representativeHosts(allowed.flat(), after)) {
    const old = allowed.map((rules) => rules.filter((rule) => matches(rule.host, host)));
    const now = after.filter((rule) => matches(rule.host, host));
    if (old.some((rules) => isSameValue(rules, now))) continue;
    const all = [...old.flat(), ...now];
    if (now.length > 0 && !all.every(isAsked)) return { code: "HOST_NOT_PROVEN", what: host };
    const versions = boundaries(all.map((rule) => rule.fromVersion));
    const times = boundaries(all.flatMap((rule) => [rule.until, rule.pins?.until]));
    const ports = [...new Set(now.flatMap((rule) => rule.ports))];
    questions += versions.length * times.length * ports.length * HOST_PURPOSES.length * all.length;
    if (questions > QUESTIONS_MAX) return { code: "HOST_NOT_PROVEN", what: host };
    for (const version of versions) {
      const oldPools = old.map((rules) => rulesInForce(rules, version));
      const nowPool = rulesInForce(now, version);
      for (const time of times) {
        for (const port of ports) {
          for (const purpose of HOST_PURPOSES) {
            const allows = (rule: HostRule) =>
              (rule.until === undefined || time < rule.until) &&
              rule.ports.includes(port) &&
              rule.purposes.includes(purpose);
            const allowedNow = nowPool.filter(allows);
            if (allowedNow.length === 0) continue;
            const isCovered = oldPools.some((pool) => {
              const allowedBefore = pool.filter(allows);
              return (
                allowedBefore.length > 0 &&
                allowedNow.every((rule) => allowedBefore.every((other) => isPinnedAsMuch(other.pins, rule.pins, time)))
              );
            });
            if (!isCovered) return { code: "HOST_WIDER", what: `${host}:${port} ${purpose}` };
          }
        }
      }
    }
  }
  return null;
}

/** A pattern is an exact host, or `*.` and a host for exactly one label. */
function matches(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.slice(host.indexOf(".") + 1) === pattern.slice(2) : pattern === host;
}

/** Rules from a later version do not exist; any exact one that exists, even expired, sets the wildcards aside. */
function rulesInForce(rules: readonly HostRule[], version: number): readonly HostRule[] {
  const existing = rules.filter((rule) => rule.fromVersion === undefined || rule.fromVersion <= version);
  const exact = existing.filter((rule) => !rule.host.startsWith("*."));
  return exact.length > 0 ? exact : existing;
}

function representativeHosts(before: readonly HostRule[], after: readonly HostRule[]): string[] {
  const hosts = new Set<string>();
  const bases = new Set<string>();
  for (const { host } of after) {
    if (host.startsWith("*.")) bases.add(host.slice(2));
    else hosts.add(host);
  }
  for (const { host } of before) if (!host.startsWith("*.")) hosts.add(host);
  const fresh = [...bases].map((base) => {
    let label = "a";
    while (hosts.has(`${label}.${base}`)) label += "a";
    return `${label}.${base}`;
  });
  return [...hosts, ...fresh];
}

/** Zero, and each point at which an answer can change; between two points it cannot. */
function boundaries(points: readonly (number | undefined)[]): number[] {
  return [...new Set([0, ...points.filter((point) => point !== undefined)])];
}

/** Whether at this time the pins after refuse all that the pins before refused; a pin that only reports refuses nothing. */
function isPinnedAsMuch(before: Pins | undefined, after: Pins | undefined, time: number): boolean {
  if (before === undefined || before.mode === "report" || time >= before.until) return true;
  if (after === undefined || time >= after.until) return false;
  return after.mode === "enforce" && after.sha256.every((pin) => before.sha256.includes(pin));
}
