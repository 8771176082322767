import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { thumbprint } from "../../core/crypto/jwk";
import { publicKeyShape } from "../../core/crypto/public-key";
import type { PublicJwk } from "../../core/shapes/claims";
import { nodeCrypto } from "../../node/crypto";

/**
 * Keys of the vectors, each derived from its name, and so known to everybody: they must never sign anything else. ECDSA
 * is randomised: a signature once made is kept in `signatures.json`, so that the same cases give the same files.
 */

const SIGNATURES = new URL("../signatures.json", import.meta.url);
/** PKCS #8 of a P-256 key around its private scalar and its public point. */
const PKCS8 = {
  head: Buffer.from("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420", "hex"),
  middle: Buffer.from("a144034200", "hex"),
};

export type TestKey = { name: string; jwk: PublicJwk; thumbprint: string; privateKey: KeyObject };

export async function testKey(name: string): Promise<TestKey> {
  const scalar = createHash("sha256").update(`bulkhead vectors, not a secret: ${name}`).digest();
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8.head, scalar, PKCS8.middle, point]),
    format: "der",
    type: "pkcs8",
  });
  const coordinate = (start: number) => point.subarray(start, start + 32).toString("base64url");
  const jwk = publicKeyShape.parse({ kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) });
  return { name, jwk, thumbprint: thumbprint(jwk, nodeCrypto), privateKey };
}

const kept = new Map(Object.entries(readKept()));
const used = new Map<string, string>();

/** 64 bytes, `r‖s`: the kept signature of these bytes by this key, or a new one to keep. */
export function signFixed(key: TestKey, data: Uint8Array): Uint8Array {
  const name = createHash("sha256").update(key.thumbprint).update("\0").update(data).digest("hex");
  const signature =
    kept.get(name) ?? sign("sha256", data, { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
  kept.set(name, signature);
  used.set(name, signature);
  return new Uint8Array(Buffer.from(signature, "base64url"));
}

/** The signatures that were asked for in this run, in a fixed order; others are forgotten. */
export function usedSignatures(): string {
  return `${JSON.stringify(Object.fromEntries([...used].sort()), null, 1)}\n`;
}

export function keepSignatures(): void {
  writeFileSync(SIGNATURES, usedSignatures());
}

function readKept(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(SIGNATURES, "utf8")) as Record<string, string>;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}
