import type { BundleCode } from "../codes";
import { p1363FromDer } from "../crypto/der";
import { toHex } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import type { ProgramClaims, ProgramVersion } from "../shapes/claims";
import { type Bundle, type BundleFault, openBundle } from "./open-bundle";

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
};

/**
 * Judges a bundle as a device does: digest of the bytes, the version listed under it, that version's key, the signature
 * over the same bytes; only then is the archive opened and its manifest held against the version (spec §5, Bundle).
 */
export function verifyBundle(input: VerifyBundleInput): BundleVerdict {
  const { bytes, signatureDer, program, versionCode, crypto } = input;
  if (signatureDer === undefined) return refused("SIGNATURE_MISSING");
  const digest = toHex(crypto.sha256(bytes));
  const listed = program.versions.filter(({ code }) => versionCode === undefined || code === versionCode);
  const version = listed.find(({ sha256 }) => sha256 === digest);
  if (version === undefined) {
    return refused(versionCode !== undefined && listed.length > 0 ? "DIGEST_MISMATCH" : "VERSION_NOT_ALLOWED");
  }
  const keys = program.publisherKeys.filter(({ kid }) => kid === version.kid);
  if (keys.length === 0) return refused("KEY_UNKNOWN");
  if (keys.some(({ status }) => status === "revoked")) return refused("KEY_REVOKED");
  const signature = p1363FromDer(signatureDer);
  let isSigned = false;
  for (const { jwk } of signature === undefined ? [] : keys) {
    isSigned ||= signature !== undefined && crypto.verify(jwk, bytes, signature);
  }
  if (!isSigned) return refused("SIGNATURE_INVALID");
  const opened = openBundle(bytes);
  if (!opened.ok) return { result: "refused", code: "BUNDLE_MALFORMED", fault: opened.reason };
  if (!isDescribedBy(opened.bundle, program.appId, version)) return refused("MANIFEST_MISMATCH");
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
