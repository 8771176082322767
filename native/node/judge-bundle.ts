import type { BundleFault, Engine } from "../core/bundle/open-bundle";
import { MANIFEST_NAME, openBundle } from "../core/bundle/open-bundle";
import { p1363FromDer } from "../core/crypto/der";
import { toHex } from "../core/crypto/encoding";
import type { Manifest } from "../core/manifest/manifest-shape";
import type { PublicJwk } from "../core/shapes/claims";
import { nodeCrypto } from "./crypto";

/** The detached signature, DER, and the keys of which one has to have made it. */
export type BundleSeal = { signatureDer: Uint8Array; keys: readonly { kid: string; jwk: PublicJwk }[] };

/** What was found of a bundle that its publisher signed, or why it is none. */
export type JudgedBundle =
  | {
      ok: true;
      sha256: string;
      /** The key that signed it. */
      kid: string;
      engine: Engine;
      manifest: Manifest;
      /** Of the manifest's bytes, of how many files, of how many bytes unpacked. */
      manifestSha256: string;
      entries: number;
      unpackedBytes: number;
    }
  | { ok: false; code: "SIGNATURE_INVALID"; isDer: boolean }
  | { ok: false; code: "BUNDLE_MALFORMED"; reason: BundleFault };

/** Judges bytes as they are handed in: the seal over exactly these bytes, all keys tried, then the archive (spec §2). */
export function judgeBundle(bytes: Uint8Array, { signatureDer, keys }: BundleSeal): JudgedBundle {
  const signature = p1363FromDer(signatureDer);
  if (signature === undefined) return { ok: false, code: "SIGNATURE_INVALID", isDer: false };
  const signer = keys.find(({ jwk }) => nodeCrypto.verify(jwk, bytes, signature));
  if (signer === undefined) return { ok: false, code: "SIGNATURE_INVALID", isDer: true };
  const opened = openBundle(bytes);
  if (!opened.ok) return { ok: false, code: "BUNDLE_MALFORMED", reason: opened.reason };
  const { manifest, engine, entries } = opened.bundle;
  const digestOf = (data: Uint8Array) => toHex(nodeCrypto.sha256(data));
  return {
    ok: true,
    sha256: digestOf(bytes),
    kid: signer.kid,
    engine,
    manifest,
    manifestSha256: digestOf(entries.get(MANIFEST_NAME) ?? new Uint8Array()),
    entries: entries.size,
    unpackedBytes: [...entries.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
