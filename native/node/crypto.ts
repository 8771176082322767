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

function verifying(key: PublicJwk) {
  const known = importedKeys.get(key);
  const { kty, crv, x, y } = key;
  const imported = known ?? createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
  if (known === undefined) importedKeys.set(key, imported);
  return { key: imported, dsaEncoding: "ieee-p1363" as const };
}
