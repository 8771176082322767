import type { BundleCode } from "../codes";
import { p1363FromDer } from "../crypto/der";
import { toHex } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import type { ProgramClaims, ProgramVersion } from "../shapes/claims";
import { type Bundle, type BundleFault, type OpenBundleResult, openBundle } from "./open-bundle";

export type BundleRefusal = Exclude<BundleCode, "ACCEPTED">;

export type BundleVerdict =
  | { result: "accepted"; code: "ACCEPTED"; version: ProgramVersion; bundle: Bundle }
  | { result: "refused"; code: BundleRefusal; fault?: BundleFault };

export type VerifyBundleInput = {
  bytes: Uint8Array;
  /** The detached signature, DER. */
  signatureDer?: Uint8Array;
  program: ProgramClaims;
  /** Where given, only this version's digest counts. */
  versionCode?: number;
  crypto: CryptoPort;
  /** These bytes as they were opened already, on another thread. Absent: opened here. */
  opened?: OpenBundleResult;
};

export type SealVerdict = { ok: true; version: ProgramVersion } | { ok: false; code: BundleRefusal };

/**
 * The part of the judgement that comes before the archive: digest of the bytes, the version listed under it, that
 * version's key, the signature over the same bytes (spec §5, Bundle).
 */
export function verifySeal(input: Omit<VerifyBundleInput, "opened">): SealVerdict {
  const { bytes, signatureDer, program, versionCode, crypto } = input;
  if (signatureDer === undefined) return { ok: false, code: "SIGNATURE_MISSING" };
  const digest = toHex(crypto.sha256(bytes));
  const listed = program.versions.filter(({ code }) => versionCode === undefined || code === versionCode);
  const version = listed.find(({ sha256 }) => sha256 === digest);
  if (version === undefined) {
    return {
      ok: false,
      code: versionCode !== undefined && listed.length > 0 ? "DIGEST_MISMATCH" : "VERSION_NOT_ALLOWED",
    };
  }
  const keys = program.publisherKeys.filter(({ kid }) => kid === version.kid);
  if (keys.length === 0) return { ok: false, code: "KEY_UNKNOWN" };
  if (keys.some(({ status }) => status === "revoked")) return { ok: false, code: "KEY_REVOKED" };
  const signature = p1363FromDer(signatureDer);
  const isSigned = signature !== undefined && keys.some(({ jwk }) => crypto.verify(jwk, bytes, signature));
  return isSigned ? { ok: true, version } : { ok: false, code: "SIGNATURE_INVALID" };
}

/**
 * Judges a bundle as a device does: its seal, and only then is the archive opened and its manifest held against the
 * version (spec §5, Bundle).
 */
export function verifyBundle(input: VerifyBundleInput): BundleVerdict {
  const seal = verifySeal(input);
  if (!seal.ok) return refused(seal.code);
  const { version } = seal;
  const opened = input.opened ?? openBundle(input.bytes);
  if (!opened.ok) return { result: "refused", code: "BUNDLE_MALFORMED", fault: opened.reason };
  if (!isDescribedBy(opened.bundle, input.program.appId, version)) return refused("MANIFEST_MISMATCH");
  return { result: "accepted", code: "ACCEPTED", version, bundle: opened.bundle };
}

function isDescribedBy({ manifest }: Bundle, appId: string, version: ProgramVersion): boolean {
  const requested = new Set((manifest.req_permissions ?? []).map(({ name }) => name));
  const declared = new Set(version.declares);
  return (
    manifest.app_id === appId &&
    manifest.version.code === version.code &&
    manifest.version.name === version.name &&
    requested.size === declared.size &&
    [...requested].every((capability) => declared.has(capability))
  );
}

function refused(code: BundleRefusal): BundleVerdict {
  return { result: "refused", code };
}
