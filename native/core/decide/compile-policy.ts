import type { HostPurpose } from "../codes";
import { type EffectiveLimits, effectiveLimits } from "../limits/effective-limits";
import type {
  Constraints,
  Grant,
  HostRule,
  InertGrant,
  PlatformClaims,
  ProgramClaims,
  ProgramStatus,
} from "../shapes/claims";
import { lowerAscii } from "../text/ascii";
import { isRateKind, kindsOf, type RateKind } from "./check-constraints";
import { pointerToken } from "./decision";
import { HOST_CHARACTERS_MAX } from "./host-name";

/** A host rule made ready to be asked. */
export type CompiledRule = {
  readonly pointer: string;
  /** As the rule says it, in lower case: a host, or `*.` and a base. */
  readonly pattern: string;
  /** The pattern's labels: who explains a refusal asks every rule. */
  readonly labels: readonly string[];
  /** Null: an inert rule, which stays in its place and allows nothing. */
  readonly rule: HostRule | null;
  readonly ports: readonly number[];
  readonly purposes: readonly HostPurpose[];
  readonly until: number;
  readonly fromVersion: number;
};

export type CompiledGrant = {
  readonly until: number;
  readonly asks: boolean;
  readonly constraints: Constraints | null;
  /** The rates among them, in document order. */
  readonly rates: readonly RateKind[];
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
  /** Where the platform document suspends the program, a pointer; null if it does not. */
  readonly suspendedAt: string | null;
  readonly status: ProgramStatus;
  /** Suspended by the platform, or not active by its own document. */
  readonly isSuspended: boolean;
  readonly programEpoch: number;
  /** The revision that the platform asks of the program document; null if any will do. */
  readonly minRevision: number | null;
  /** The program document is of another epoch or below its minimum revision. */
  readonly isSuperseded: boolean;
  readonly minRuntime: ReadonlyMap<string, string>;
  readonly versions: ReadonlyMap<number, CompiledVersion>;
  readonly grants: ReadonlyMap<string, CompiledGrant>;
  /** Every host rule, in document order. */
  readonly rules: readonly CompiledRule[];
  /** Rules by exact host, and by the base of a wildcard, each in document order. */
  readonly exactRules: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly wildcardRules: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Place of the first entry that blocks a name and every name below it. */
  readonly blockedHosts: ReadonlyMap<string, number>;
  /** By length, whether a name of it is blocked: so that few of the names above a host are looked up. */
  readonly blockedLengths: readonly boolean[];
  readonly limits: EffectiveLimits;
};

/** Compiles the claims of a program document and of its platform document (spec §5). Pure; takes no other program's. */
export function compilePolicy(program: ProgramClaims, platform: PlatformClaims): CompiledPolicy {
  const expiresAt = Math.min(program.exp, platform.exp);
  const place = platform.suspended.indexOf(program.appId);
  const minRevision = findMinRevision(program.appId, platform);
  return {
    appId: program.appId,
    epoch: platform.epoch,
    platformRevision: platform.revision,
    programRevision: program.revision,
    expiresAt,
    endsAt: expiresAt + platform.graceSeconds,
    suspendedAt: place === -1 ? null : `/suspended/${place}`,
    status: program.status,
    isSuspended: place !== -1 || program.status !== "active",
    programEpoch: program.epoch,
    minRevision,
    isSuperseded: program.epoch !== platform.epoch || (minRevision !== null && program.revision < minRevision),
    minRuntime: new Map(Object.entries(platform.minRuntime)),
    versions: compileVersions(program),
    grants: new Map(Object.entries(program.grants).map(([name, grant]) => [name, compileGrant(name, grant)])),
    ...compileRules(program),
    ...compileBlockedHosts(platform),
    limits: effectiveLimits(program.limits, platform.limits),
  };
}

function findMinRevision(appId: string, { minRevisions }: PlatformClaims): number | null {
  return Object.hasOwn(minRevisions, appId) ? (minRevisions[appId] ?? null) : null;
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
  if ("inert" in grant) return { pointer, until: 0, asks: true, constraints: null, rates: NONE, isInert: true };
  const { until = Number.POSITIVE_INFINITY, consent, constraints } = grant;
  const isConstrained = constraints !== undefined && Object.keys(constraints).length > 0;
  return {
    pointer,
    until,
    asks: consent !== "none",
    constraints: isConstrained ? constraints : null,
    rates: isConstrained ? kindsOf(constraints).filter(isRateKind) : NONE,
    isInert: false,
  };
}

function compileRules(program: ProgramClaims): Pick<CompiledPolicy, "rules" | "exactRules" | "wildcardRules"> {
  const exactRules = new Map<string, CompiledRule[]>();
  const wildcardRules = new Map<string, CompiledRule[]>();
  const rules = program.hosts.map((rule, index) => compileRule(rule, `/hosts/${index}`));
  for (const rule of rules) {
    const isWildcard = rule.pattern.startsWith("*.");
    const table = isWildcard ? wildcardRules : exactRules;
    const name = isWildcard ? rule.pattern.slice(2) : rule.pattern;
    const place = table.get(name);
    if (place === undefined) table.set(name, [rule]);
    else place.push(rule);
  }
  return { rules, exactRules, wildcardRules };
}

function compileRule(rule: ProgramClaims["hosts"][number], pointer: string): CompiledRule {
  const isInert = "inert" in rule;
  const pattern = lowerAscii(rule.host);
  return {
    pointer,
    pattern,
    labels: pattern.split("."),
    rule: isInert ? null : rule,
    ports: isInert ? NONE : rule.ports,
    purposes: isInert ? NONE : rule.purposes,
    until: isInert ? Number.NEGATIVE_INFINITY : (rule.until ?? Number.POSITIVE_INFINITY),
    fromVersion: rule.fromVersion ?? Number.NEGATIVE_INFINITY,
  };
}

const NONE: readonly never[] = [];

function compileBlockedHosts(platform: PlatformClaims): Pick<CompiledPolicy, "blockedHosts" | "blockedLengths"> {
  const blockedHosts = new Map<string, number>();
  const blockedLengths = new Array<boolean>(HOST_CHARACTERS_MAX + 1).fill(false);
  for (const [index, host] of platform.blockedHosts.entries()) {
    const name = lowerAscii(host);
    if (!blockedHosts.has(name)) blockedHosts.set(name, index);
    blockedLengths[name.length] = true;
  }
  return { blockedHosts, blockedLengths };
}
