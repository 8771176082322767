import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

/**
 * A new key pair for ECDSA. The halves are read back from their encodings: a key that comes out of `generateKeyPair`
 * itself shares a lock with the job that made it, and Node 20 holds that lock while it exports a JWK; when the collector
 * frees the job just then, the process waits for itself for ever. Nothing else here may generate keys
 * (`scripts/house/check-key-pairs.ts`).
 */
export function makeKeyPair(namedCurve: "P-256" | "P-384" | "P-521" = "P-256"): {
  publicKey: KeyObject;
  privateKey: KeyObject;
} {
  const made = generateKeyPairSync("ec", {
    namedCurve,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  return {
    publicKey: createPublicKey({ key: made.publicKey, type: "spki", format: "der" }),
    privateKey: createPrivateKey({ key: made.privateKey, type: "pkcs8", format: "der" }),
  };
}
