import { type DecisionCode, EGRESS_CODES, HOST_PURPOSES } from "@/native/core/codes";
import { type CompiledPolicy, compilePolicy } from "@/native/core/decide/compile-policy";
import { decideHost } from "@/native/core/decide/decide-host";
import { replayCall } from "@/native/core/decide/explain";
import { schemeOf } from "@/native/core/decide/read-url";
import type { Replay } from "@/native/core/decide/replay";
import type { PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";

/** What is known of a refusal, as a record of it or its cause tells; what is null was not told. */
export type ToldRefusal = {
  versionCode: number;
  code: string;
  layer: string;
  rule: string | null;
  api: string | null;
  host: string | null;
  port: number | null;
  purpose: string | null;
};
/** A pair of documents as devices hold them. */
export type DocumentPair = { program: ProgramClaims; platform: PlatformClaims };

/** A pair is compiled once, however many causes are asked of it. */
const compiled = new WeakMap<DocumentPair, CompiledPolicy>();
function compiledOf(documents: DocumentPair): CompiledPolicy {
  const known = compiled.get(documents) ?? compilePolicy(documents.program, documents.platform);
  compiled.set(documents, known);
  return known;
}
const ageless = new WeakMap<DocumentPair, DocumentPair>();
/** The same documents, of one epoch and without an end. */
function agelessOf(documents: DocumentPair): DocumentPair {
  const { program, platform } = documents;
  const endless = { exp: Number.MAX_SAFE_INTEGER };
  const known = ageless.get(documents) ?? {
    program: { ...program, ...endless },
    platform: { ...platform, ...endless, epoch: program.epoch, minRevisions: {} },
  };
  ageless.set(documents, known);
  return known;
}

/** How documents would decide at a time what was refused (spec 5.54). Pure. */
export function replay(told: ToldRefusal, documents: DocumentPair, nowSeconds: number): Replay {
  const { versionCode, api, host, port } = told;
  const purpose = HOST_PURPOSES.find((one) => one === told.purpose) ?? null;
  return replayCall(compiledOf(documents), {
    ...{ versionCode, api, host, port, purpose, now: nowSeconds },
    // No record names the runtime's version as it was.
    runtime: null,
  });
}

/**
 * Whether a revision can let through what ended so. Not what ends a call by what happens at the time, whatever documents say:
 * their age, limits, the person's answer, arguments, the other end of a connection.
 */
const MENDABLE: Readonly<Record<DecisionCode, boolean>> = {
  UNKNOWN_API: false,
  PROGRAM_SUSPENDED: true,
  UPGRADE_REQUIRED: true,
  POLICY_EXPIRED: false,
  PERMISSION_DENIED: true,
  CONSENT_REQUIRED: false,
  CONSENT_DENIED: false,
  INVALID_ARGUMENTS: false,
  CONSTRAINT_NOT_MET: false,
  RATE_LIMITED: false,
  HOST_ERROR: false,
  ALLOWED: false,
  URL_MALFORMED: false,
  SCHEME_NOT_ALLOWED: false,
  HOST_MALFORMED: false,
  HOST_BLOCKED_BY_PLATFORM: true,
  HOST_NOT_ALLOWED: true,
  PORT_NOT_ALLOWED: true,
  PURPOSE_NOT_ALLOWED: true,
  ADDRESS_NOT_PUBLIC: false,
  TLS_INVALID: false,
  PIN_MISMATCH: false,
  REDIRECT_NOT_ALLOWED: false,
};

/** The same of a code that a device told; of one that no list has, no revision is claimed to mend it. */
export function isMendable(code: string): boolean {
  return Object.hasOwn(MENDABLE, code) && MENDABLE[code as DecisionCode];
}

/**
 * Whether documents let through what was refused. False too where the check that refused it asks for what was not recorded:
 * then nobody can say so.
 */
export function isMended(told: ToldRefusal, documents: DocumentPair, nowSeconds: number): boolean {
  if (!isMendable(told.code)) return false;
  const again = replay(told, documents, nowSeconds);
  return again.decision === "allow" && findOpen(again, told) === -1;
}

/** The place of the check that refused it, where that was not recorded; -1 elsewhere. */
function findOpen({ checks }: Replay, told: ToldRefusal): number {
  return checks.findIndex(
    ({ state, code, layer }) => state === "not_recorded" && code === told.code && layer === told.layer,
  );
}

/** The same of documents of another time, by what they say and not by their age. */
export function wasMendedBy(told: ToldRefusal, documents: DocumentPair, atSeconds: number): boolean {
  return isMended(told, agelessOf(documents), atSeconds);
}

/**
 * Whether a document of before let it through, by what it says and not by its age: a host's rules alone, for an older one need not list
 * the version that asks now.
 */
export function wasAllowedBy(told: ToldRefusal, documents: DocumentPair, atSeconds: number): boolean {
  const { versionCode, host, port } = told;
  const purpose = HOST_PURPOSES.find((one) => one === told.purpose);
  const then = agelessOf(documents);
  if (host === null || port === null || purpose === undefined || told.code === "PROGRAM_SUSPENDED") {
    return wasMendedBy(told, documents, atSeconds);
  }
  const url = `${schemeOf(purpose)}://${host}:${port}/`;
  const asked = { versionCode, url, purpose, now: atSeconds };
  return isMendable(told.code) && decideHost(compiledOf(then), asked).decision === "allow";
}

/**
 * The decision of a refusal made again by the documents that the device named, or null where they decide otherwise than the
 * device says: then nothing is told that did not decide. What was not recorded stands open, and the device's word is believed.
 */
export function replayAsDecided(told: ToldRefusal, documents: DocumentPair, atSeconds: number): Replay | null {
  const again = replay(told, documents, atSeconds);
  if (again.code === told.code && again.layer === told.layer && again.rule === told.rule) return again;
  const openAt = findOpen(again, told);
  if (again.decision === "allow") return openAt !== -1 || isAfterDecision(told) ? again : null;
  // Refused by a check that the device did not reach: the one that refused it there was not recorded.
  return openAt !== -1 && openAt < again.checks.findIndex(({ state }) => state === "failed") ? again : null;
}

/** Ended by what is looked at once a call is allowed: limits, the connection, the result. */
function isAfterDecision({ code, layer }: ToldRefusal): boolean {
  if (code === "RATE_LIMITED") return layer === "limit";
  return code === "CONSTRAINT_NOT_MET" || code === "HOST_ERROR" || EGRESS_CODES.some((one) => one === code);
}
