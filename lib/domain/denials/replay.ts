import { type DecisionCode, EGRESS_CODES, HOST_PURPOSES } from "@/native/core/codes";
import { compilePolicy } from "@/native/core/decide/compile-policy";
import { replayCall } from "@/native/core/decide/explain";
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

/** How documents would decide at a time what was refused (spec 5.54). Pure. */
export function replay(told: ToldRefusal, { program, platform }: DocumentPair, nowSeconds: number): Replay {
  const { versionCode, api, host, port } = told;
  const purpose = HOST_PURPOSES.find((one) => one === told.purpose) ?? null;
  return replayCall(compilePolicy(program, platform), {
    ...{ versionCode, api, host, port, purpose, now: nowSeconds },
    // No record names the runtime's version as it was.
    runtime: null,
  });
}

/**
 * Whether a revision can let through what ended so. Not what ends a call by what happens at the time, whatever documents say:
 * limits, the person's answer, arguments, the other end of a connection.
 */
const MENDABLE: Readonly<Record<DecisionCode, boolean>> = {
  UNKNOWN_API: false,
  PROGRAM_SUSPENDED: true,
  UPGRADE_REQUIRED: true,
  POLICY_EXPIRED: true,
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

/** Whether documents let through what was refused. False too where the record tells too little to say so. */
export function isMended(told: ToldRefusal, documents: DocumentPair, nowSeconds: number): boolean {
  return isMendable(told.code) && replay(told, documents, nowSeconds).decision === "allow";
}

/**
 * The decision of a refusal made again by the documents that the device named, or null where they decide otherwise than the
 * device says: then nothing is told that did not decide. What was not recorded stands open, and the device's word is believed.
 */
export function replayAsDecided(told: ToldRefusal, documents: DocumentPair, atSeconds: number): Replay | null {
  const again = replay(told, documents, atSeconds);
  if (again.code === told.code && again.layer === told.layer && again.rule === told.rule) return again;
  const openAt = again.checks.findIndex(
    ({ state, code, layer }) => state === "not_recorded" && code === told.code && layer === told.layer,
  );
  if (again.decision === "allow") return openAt !== -1 || isAfterDecision(told) ? again : null;
  // Refused by a check that the device did not reach: the one that refused it there was not recorded.
  return openAt !== -1 && openAt < again.checks.findIndex(({ state }) => state === "failed") ? again : null;
}

/** Ended by what is looked at once a call is allowed: limits, the connection, the result. */
function isAfterDecision({ code, layer }: ToldRefusal): boolean {
  if (code === "RATE_LIMITED") return layer === "limit";
  return code === "CONSTRAINT_NOT_MET" || code === "HOST_ERROR" || EGRESS_CODES.some((one) => one === code);
}
