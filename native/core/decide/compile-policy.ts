import { type ApiCode, type DecisionLayer, HOST_PURPOSES, type HostPurpose } from "../codes";
import { type EffectiveLimits, effectiveLimits } from "../limits/effective-limits";
import type { Constraints, Grant, HostRule, InertGrant, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { lowerAscii } from "../text/ascii";
import { type Decision, pointerToken } from "./decision";

/** What the documents say of every call of a program, whatever it asks. */
export type ApiRefusal = Decision & { readonly code: ApiCode };

/** A host rule made ready to be asked. */
export type CompiledRule = {
  readonly pointer: string;
  /** Null: an inert rule, which stays in its place and allows nothing. */
  readonly rule: HostRule | null;
  readonly ports: readonly number[];
  /** One bit a purpose. */
  readonly purposes: number;
  readonly until: number;
  readonly fromVersion: number;
};

export type CompiledGrant = {
  readonly until: number;
  readonly asks: boolean;
  readonly constraints: Constraints | null;
  readonly pointer: string;
  readonly isInert: boolean;
};

export type CompiledVersion = { readonly pointer: string; readonly declares: ReadonlySet<string> };

/**
 * One program's policy, made once from its two documents and asked many times. Immutable: a new document makes a new
 * one. Whoever holds it has verified both documents; nothing here checks a signature.
 */
export type CompiledPolicy = {
  readonly appId: string;
  /** The platform document's epoch: what a denial names. */
  readonly epoch: number;
  readonly platformRevision: number;
  readonly programRevision: number;
  /** Whole seconds: the sooner end of the two documents, and the end of the grace after it. */
  readonly expiresAt: number;
  readonly endsAt: number;
  readonly suspension: ApiRefusal | null;
  /** The program document is of another epoch or below its minimum revision. */
  readonly superseded: ApiRefusal | null;
  readonly minRuntime: ReadonlyMap<string, string>;
  readonly versions: ReadonlyMap<number, CompiledVersion>;
  readonly grants: ReadonlyMap<string, CompiledGrant>;
  /** Rules by exact host, and by the base of a wildcard, each in document order. */
  readonly exactRules: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly wildcardRules: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Place of the first entry that blocks a name and every name below it. */
  readonly blockedHosts: ReadonlyMap<string, number>;
  readonly limits: EffectiveLimits;
};

const purposeBits = new Map(HOST_PURPOSES.map((purpose, index) => [purpose, 1 << index]));

/** The bit of a purpose; 0, which no rule has, for a text that is none. */
export function purposeBit(purpose: HostPurpose): number {
  return purposeBits.get(purpose) ?? 0;
}

/** Compiles the claims of a program document and of its platform document (spec §5). Pure; takes no other program's. */
export function compilePolicy(program: ProgramClaims, platform: PlatformClaims): CompiledPolicy {
  const expiresAt = Math.min(program.exp, platform.exp);
  return {
    appId: program.appId,
    epoch: platform.epoch,
    platformRevision: platform.revision,
    programRevision: program.revision,
    expiresAt,
    endsAt: expiresAt + platform.graceSeconds,
    suspension: findSuspension(program, platform),
    superseded: findSuccession(program, platform),
    minRuntime: new Map(Object.entries(platform.minRuntime)),
    versions: compileVersions(program),
    grants: new Map(Object.entries(program.grants).map(([name, grant]) => [name, compileGrant(name, grant)])),
    ...compileRules(program),
    blockedHosts: compileBlockedHosts(platform),
    limits: effectiveLimits(program.limits, platform.limits),
  };
}

function deny(code: ApiCode, layer: DecisionLayer, rule: string): ApiRefusal {
  return Object.freeze({ decision: "deny", code, layer, rule });
}

function findSuspension(program: ProgramClaims, platform: PlatformClaims): ApiRefusal | null {
  const place = platform.suspended.indexOf(program.appId);
  if (place !== -1) return deny("PROGRAM_SUSPENDED", "platform", `/suspended/${place}`);
  return program.status === "active" ? null : deny("PROGRAM_SUSPENDED", "document", "/status");
}

/** The epoch first: a revision means nothing outside its epoch (spec §4, "compared as a pair"). */
function findSuccession(program: ProgramClaims, platform: PlatformClaims): ApiRefusal | null {
  if (program.epoch !== platform.epoch) return deny("POLICY_EXPIRED", "platform", "/epoch");
  const { appId } = program;
  const minimum = Object.hasOwn(platform.minRevisions, appId) ? platform.minRevisions[appId] : undefined;
  if (minimum === undefined || program.revision >= minimum) return null;
  return deny("POLICY_EXPIRED", "platform", `/minRevisions/${pointerToken(appId)}`);
}

function compileVersions(program: ProgramClaims): Map<number, CompiledVersion> {
  const versions = new Map<number, CompiledVersion>();
  for (const [index, { code, declares }] of program.versions.entries()) {
    if (!versions.has(code)) versions.set(code, { pointer: `/versions/${index}`, declares: new Set(declares) });
  }
  return versions;
}

function compileGrant(capability: string, grant: Grant | InertGrant): CompiledGrant {
  const pointer = `/grants/${pointerToken(capability)}`;
  if ("inert" in grant) return { pointer, until: 0, asks: true, constraints: null, isInert: true };
  const { until = Number.POSITIVE_INFINITY, consent, constraints } = grant;
  const isConstrained = constraints !== undefined && Object.keys(constraints).length > 0;
  return { pointer, until, asks: consent !== "none", constraints: isConstrained ? constraints : null, isInert: false };
}

function compileRules(program: ProgramClaims): Pick<CompiledPolicy, "exactRules" | "wildcardRules"> {
  const exactRules = new Map<string, CompiledRule[]>();
  const wildcardRules = new Map<string, CompiledRule[]>();
  for (const [index, rule] of program.hosts.entries()) {
    const host = lowerAscii(rule.host);
    const isWildcard = host.startsWith("*.");
    const table = isWildcard ? wildcardRules : exactRules;
    const name = isWildcard ? host.slice(2) : host;
    const compiled = compileRule(rule, `/hosts/${index}`);
    const place = table.get(name);
    if (place === undefined) table.set(name, [compiled]);
    else place.push(compiled);
  }
  return { exactRules, wildcardRules };
}

function compileRule(rule: ProgramClaims["hosts"][number], pointer: string): CompiledRule {
  const fromVersion = rule.fromVersion ?? 0;
  if ("inert" in rule)
    return { pointer, rule: null, ports: [], purposes: 0, until: Number.NEGATIVE_INFINITY, fromVersion };
  return {
    pointer,
    rule,
    ports: rule.ports,
    purposes: rule.purposes.reduce((bits, purpose) => bits | purposeBit(purpose), 0),
    until: rule.until ?? Number.POSITIVE_INFINITY,
    fromVersion,
  };
}

function compileBlockedHosts(platform: PlatformClaims): Map<string, number> {
  const blocked = new Map<string, number>();
  for (const [index, host] of platform.blockedHosts.entries()) {
    const name = lowerAscii(host);
    if (!blocked.has(name)) blocked.set(name, index);
  }
  return blocked;
}
