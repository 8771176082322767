import type { HostPurpose, LimitAction, LimitName } from "../codes";

/**
 * Claims of the three signed documents (spec §4). These are the shapes after verification: `documents/` holds the
 * validators that produce them. Times are whole seconds since 1970; `sha256` and pins are 64 lower-case hex digits.
 */

declare const READ: unique symbol;
/**
 * The public half of a P-256 key, RFC 7517, in its one spelling: a value that `crypto/public-key` alone makes, so that
 * what was never checked is no key for the compiler either (spec 4.36).
 */
export type PublicJwk = { kty: "EC"; crv: "P-256"; x: string; y: string; readonly [READ]: true };

export type DocumentClaims = {
  schema: 1;
  platform: string;
  epoch: number;
  revision: number;
  iat: number;
  exp: number;
  /** The human decision behind this document, for example a change set's id; nobody decides by it, so any JSON will do. */
  decision?: unknown;
};

export type NamedKey = { kid: string; jwk: PublicJwk };

export type KeysetClaims = DocumentClaims & {
  environment: "production" | "development";
  /** Policy keys: they sign platform and program documents. */
  keys: NamedKey[];
  rootKeys: NamedKey[];
  /** How many distinct root keys must have signed. */
  threshold: number;
};

export type Limit = { warn?: number; max: number; action: LimitAction };
export type Limits = Partial<Record<LimitName, Limit>>;

export type PlatformClaims = DocumentClaims & {
  limits: Limits;
  blockedHosts: string[];
  suspended: string[];
  minRevisions: Record<string, number>;
  minRuntime: Record<string, string>;
  graceSeconds: number;
  telemetry: { intervalSeconds: number; sampling: number };
  auditHead: { sequence: number; sha256: string };
};

/** Constraints of a grant; which ones a capability takes stands in the catalogue (spec §3). */
export type Constraints = {
  perMinute?: number;
  perDay?: number;
  foregroundOnly?: true;
  gestureRequired?: true;
  maxBytes?: number;
  mediaTypes?: string[];
  precisionMetres?: number;
  maxAmountMinor?: number;
  currency?: string;
  fields?: string[];
};

export type Grant = { constraints?: Constraints; consent: "none" | "ask"; until?: number };

/**
 * A grant or host rule with an unknown member, kind or value. It stays in its place, still setting wildcards aside, and
 * allows nothing (spec §4).
 */
export type InertGrant = { inert: true };
export type InertHostRule = { inert: true; host: string; fromVersion?: number };

export type Pins = { sha256: string[]; until: number; mode: "enforce" | "report" };

export type HostRule = {
  host: string;
  ports: number[];
  purposes: HostPurpose[];
  until?: number;
  fromVersion?: number;
  pins?: Pins;
};

export type ProgramVersion = {
  code: number;
  name: string;
  sha256: string;
  size: number;
  kid: string;
  declares: string[];
};

export type PublisherKey = { kid: string; jwk: PublicJwk; status: "active" | "revoked" };
export type ProgramStatus = "active" | "suspended" | "retired";
export type Receiver = { from: string; actions: string[] };

export type ProgramClaims = DocumentClaims & {
  appId: string;
  status: ProgramStatus;
  versions: ProgramVersion[];
  publisherKeys: PublisherKey[];
  grants: Record<string, Grant | InertGrant>;
  hosts: (HostRule | InertHostRule)[];
  limits: Limits;
  receives: Receiver[];
  externalRoutes: string[];
};
