import type { AccessRow } from "@/lib/contracts/programs";
import { formatMember } from "@/lib/domain/member-keys";
import type { HostPurpose } from "@/native/core/codes";
import { findCapability } from "@/native/core/decide/catalog";
import type { CompiledPolicy } from "@/native/core/decide/compile-policy";
import { hasAccess } from "@/native/core/decide/decide-api";
import { decideHost } from "@/native/core/decide/decide-host";
import type { Decision } from "@/native/core/decide/decision";
import type { Grant, HostRule } from "@/native/core/shapes/claims";
import type { Wishes } from "./read-wishes";

export type RowFacts = {
  appId: string;
  versionCode: number;
  policy: CompiledPolicy;
  /** Whole seconds. */
  now: number;
  runtimeVersion: string;
  wishes: Wishes;
  used: {
    capabilities: ReadonlyMap<string, Date>;
    hosts: ReadonlyMap<string, Date>;
    refusedHosts: ReadonlyMap<string, { port: number; purpose: HostPurpose }>;
  };
};

type Cell = AccessRow["declared"];
const cell = (state: Cell["state"], text: string, decides = false): Cell => ({ state, text, decides });
const NONE = cell("none", "");

/** One capability: what is asked is whether a call could be allowed in the foreground, after a gesture. */
export function capabilityRow(facts: RowFacts, name: string, isDeclared: boolean, grant: Grant | null): AccessRow {
  const capability = findCapability(name);
  const decision = hasAccess(facts.policy, {
    versionCode: facts.versionCode,
    api: capability?.apis[0] ?? name,
    runtime: { kind: "linux", version: facts.runtimeVersion },
    now: facts.now,
    context: { foreground: true, gesture: true, used: { perMinute: 0, perDay: 0 } },
  });
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
    result: toResult(decision),
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

/** One host: a wildcard is asked for by a name under it that no exact rule could have. */
export function hostRow(facts: RowFacts, input: HostRowInput): AccessRow {
  const { pattern, rule, wish } = input;
  const purpose = input.purposes[0] ?? "request";
  const port = input.ports[0] ?? 443;
  const host = pattern.startsWith("*.") ? `any-name${pattern.slice(1)}` : pattern;
  const scheme = purpose === "socket" ? "wss" : "https";
  const decision = decideHost(facts.policy, {
    versionCode: facts.versionCode,
    url: `${scheme}://${host}:${port}/`,
    purpose,
    now: facts.now,
  });
  const isOver = rule?.until !== undefined && facts.now >= rule.until;
  const pins = rule?.pins === undefined ? "" : ", pinned";
  return {
    key: `host:${input.member ?? `${pattern}:${port}:${purpose}`}`,
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
    lastUsedAt: facts.used.hosts.get(host)?.toISOString() ?? null,
    result: toResult(decision),
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

function toResult({ decision, code, layer, rule }: Decision): AccessRow["result"] {
  return { decision: code === "CONSENT_REQUIRED" ? "ask" : decision, code, layer, rule };
}
