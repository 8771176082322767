import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { CryptoPort } from "../core/crypto/port";
import type { PublicJwk } from "../core/shapes/claims";

/** Imported keys are kept for the life of their JWK object: a keyset verifies many documents. */
const importedKeys = new WeakMap<PublicJwk, KeyObject>();

/** Node's own cryptography, on the thread that asks. */
export const nodeCrypto: CryptoPort = {
  sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
  verify: (key, message, p1363) => p1363.length === 64 && verify("sha256", message, verifying(key), p1363),
};

/** SHA-256 and signature of bytes that may be many, such as a bundle's, off the thread that asks. */
export const backgroundCrypto = {
  sha256: async (bytes: Uint8Array) =>
    new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(bytes))),
  verify: (key: PublicJwk, message: Uint8Array, p1363: Uint8Array) =>
    new Promise<boolean>((resolve, reject) => {
      if (p1363.length !== 64) return resolve(false);
      verify("sha256", message, verifying(key), p1363, (error, isRight) => (error ? reject(error) : resolve(isRight)));
    }),
};

function verifying(key: PublicJwk) {
  const known = importedKeys.get(key);
  const { kty, crv, x, y } = key;
  const imported = known ?? createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
  if (known === undefined) importedKeys.set(key, imported);
  return { key: imported, dsaEncoding: "ieee-p1363" as const };
}
