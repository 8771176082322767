import type { AccessRow } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import type { HostPurpose } from "@/native/core/codes";
import { findCapability } from "@/native/core/decide/catalog";
import type { CompiledPolicy } from "@/native/core/decide/compile-policy";
import { hasAccess } from "@/native/core/decide/decide-api";
import { decideHost } from "@/native/core/decide/decide-host";
import type { Decision } from "@/native/core/decide/decision";
import { schemeOf } from "@/native/core/decide/read-url";
import type { Grant, HostRule } from "@/native/core/shapes/claims";
import type { Wishes } from "./read-wishes";

export type RowFacts = {
  appId: string;
  versionCode: number;
  policy: CompiledPolicy;
  /** Whole seconds. */
  now: number;
  /** What devices run, as kinds and versions: what is asked is asked as each of them. */
  runtimes: readonly { kind: string; version: string }[];
  wishes: Wishes;
  used: {
    capabilities: ReadonlyMap<string, Date>;
    /** Let through, by the pattern of the rules that hold for the host, or by the host where none do. */
    hosts: ReadonlyMap<string, readonly UsedTarget[]>;
    refusedHosts: ReadonlyMap<string, { port: number; purpose: HostPurpose }>;
  };
};

/** A host of that pattern as it was asked for and let through, and when last. */
export type UsedTarget = { port: number; purpose: HostPurpose; at: Date };

type Cell = AccessRow["declared"];
const cell = (state: Cell["state"], text: string, decides = false): Cell => ({ state, text, decides });
const NONE = cell("none", "");

/** One capability: what is asked is whether calls of each of its APIs could be allowed in the foreground, after a gesture. */
export function capabilityRow(facts: RowFacts, name: string, isDeclared: boolean, grant: Grant | null): AccessRow {
  const capability = findCapability(name);
  const { decision, isPartly } = together(
    facts.runtimes.flatMap((runtime) =>
      (capability?.apis ?? [name]).map((api) =>
        hasAccess(facts.policy, {
          ...{ versionCode: facts.versionCode, api, runtime, now: facts.now },
          context: { foreground: true, gesture: true, used: { perMinute: 0, perDay: 0 } },
        }),
      ),
    ),
  );
  const isOver = grant?.until !== undefined && facts.now >= grant.until;
  const lastUsedAt = facts.used.capabilities.get(name);
  const limits = Object.keys(grant?.constraints ?? {});
  return {
    key: `capability:${name}`,
    kind: "capability",
    name,
    detail: limits.length === 0 ? "" : limits.join(", "),
    sensitivity: capability?.sensitivity ?? null,
    declared: cell(isDeclared ? "yes" : "no", isDeclared ? "declared" : "not declared", decision.layer === "manifest"),
    granted: cell(
      grant === null ? "no" : "yes",
      grant === null ? "not granted" : "granted",
      decision.layer === "grant" && decision.decision === "deny" && !isOver,
    ),
    consent:
      grant?.consent === "ask"
        ? cell("ask", "asks the user", decision.layer === "consent")
        : cell("none", grant === null ? "" : "not asked"),
    platform: platformCell(decision),
    until: untilCell(grant?.until, isOver),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    result: toResult(decision, isPartly),
    member: formatMember({ kind: "grant", appId: facts.appId, capability: name }),
    value: grant,
    wish: isDeclared && grant === null ? { consent: capability?.sensitivity === "public" ? "none" : "ask" } : null,
    reason: facts.wishes.reasons.get(name) ?? null,
  };
}

export type HostRowInput = {
  pattern: string;
  ports: readonly number[];
  purposes: readonly HostPurpose[];
  rule: HostRule | null;
  member: string | null;
  wish: Wishes["hosts"][number] | undefined;
};

/** One host, asked for at each port and for each purpose: a wildcard by a name under it that no exact rule could have. */
export function hostRow(facts: RowFacts, input: HostRowInput): AccessRow {
  const { pattern, rule, wish } = input;
  const ports = input.ports.length === 0 ? [443] : input.ports;
  const purposes = input.purposes.length === 0 ? (["request"] as const) : input.purposes;
  const host = pattern.startsWith("*.") ? `any-name${pattern.slice(1)}` : pattern;
  const { decision, isPartly } = together(
    purposes.flatMap((purpose) =>
      ports.map((port) => {
        const url = `${schemeOf(purpose)}://${host}:${port}/`;
        return decideHost(facts.policy, { versionCode: facts.versionCode, url, purpose, now: facts.now });
      }),
    ),
  );
  const isOver = rule?.until !== undefined && facts.now >= rule.until;
  const pins = rule?.pins === undefined ? "" : ", pinned";
  return {
    key: `host:${input.member ?? `${pattern}:${ports[0]}:${purposes[0]}`}`,
    kind: "host",
    name: pattern,
    detail: `${input.ports.join(", ")}, ${input.purposes.join(" and ")}${pins}`,
    sensitivity: null,
    declared: cell(wish === undefined ? "no" : "yes", wish === undefined ? "not declared" : "declared"),
    granted: cell(
      rule === null ? "no" : "yes",
      rule === null ? "no rule" : "allowed by a rule",
      decision.decision === "deny" && decision.layer === "host" && !isOver,
    ),
    consent: NONE,
    platform: platformCell(decision),
    until: untilCell(rule?.until, isOver),
    lastUsedAt: lastUse(facts.used.hosts.get(pattern) ?? [], ports, purposes),
    result: toResult(decision, isPartly),
    member: input.member,
    value: rule,
    wish:
      wish === undefined
        ? { host: pattern, ports: [...input.ports], purposes: [...input.purposes] }
        : {
            host: wish.host,
            ports: wish.ports,
            purposes: wish.purposes,
          },
    reason: wish?.reason ?? null,
  };
}

function platformCell(decision: Decision): Cell {
  const decides = decision.layer === "platform";
  return decides ? cell("no", "blocked", true) : cell("none", "not blocked");
}

function untilCell(until: number | undefined, isOver: boolean): Cell {
  if (until === undefined) return NONE;
  return cell("until", new Date(until * 1000).toISOString(), isOver);
}

/** Of several answers the first that refuses, and whether others do not: nothing that is refused in part stands as allowed. */
function together(decisions: readonly Decision[]): { decision: Decision; isPartly: boolean } {
  const outcomes = new Set(decisions.map(outcomeOf));
  const decision =
    decisions.find((one) => outcomeOf(one) === "deny") ??
    decisions.find((one) => outcomeOf(one) === "ask") ??
    decisions[0];
  if (decision === undefined) throw new RangeError("nothing was asked");
  return { decision, isPartly: outcomes.size > 1 };
}

const outcomeOf = ({ decision, code }: Decision): AccessRow["result"]["decision"] =>
  code === "CONSENT_REQUIRED" ? "ask" : decision;

/** When something that these ports and purposes cover was let through last. */
function lastUse(
  targets: readonly UsedTarget[],
  ports: readonly number[],
  purposes: readonly HostPurpose[],
): string | null {
  const covered = targets.filter(({ port, purpose }) => ports.includes(port) && purposes.includes(purpose));
  const lastMs = covered.reduce((last, { at }) => Math.max(last, at.getTime()), 0);
  return covered.length === 0 ? null : new Date(lastMs).toISOString();
}

function toResult(decision: Decision, isPartly: boolean): AccessRow["result"] {
  const { code, layer, rule } = decision;
  return { decision: outcomeOf(decision), code, layer, rule, isPartly };
}
