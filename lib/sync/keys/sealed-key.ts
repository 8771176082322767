import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { z } from "zod";
import { barePublicKeyShape } from "@/native/core/crypto/public-key";

const base64 = z.base64();
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/** What opening a sealed key costs; the only other cost is for tests, whose secrets are no secrets. */
export const SEAL_COST: number = SCRYPT.N;
export const SEAL_COST_OF_TESTS = 2 ** 4;

/** A private key at rest: PKCS#8 under AES-256-GCM, the key of which scrypt derives from the protection secret. */
export const sealedKeyShape = z.strictObject({
  format: z.literal("bulkhead-key-1"),
  use: z.enum(["policy", "root"]),
  kid: z.string().min(1).max(128),
  jwk: barePublicKeyShape,
  createdAt: z.iso.datetime(),
  sealed: z.strictObject({
    kdf: z.strictObject({ name: z.literal("scrypt"), N: z.int(), r: z.int(), p: z.int(), salt: base64 }),
    iv: base64,
    tag: base64,
    ciphertext: base64,
  }),
});
export type SealedKey = z.infer<typeof sealedKeyShape>;

function derive(secret: string, salt: Buffer, cost: { N: number; r: number; p: number }): Buffer {
  return scryptSync(secret.normalize("NFC"), salt, 32, { ...cost, maxmem: SCRYPT.maxmem });
}

/** What the seal also covers: a file whose public half or use was exchanged does not open. */
function boundTo(key: Pick<SealedKey, "use" | "kid">): Buffer {
  return Buffer.from(`bulkhead-key-1\n${key.use}\n${key.kid}`);
}

/** Seals `pkcs8` under `secret`; every seal has a salt and a nonce of its own. */
export function sealKey(
  key: Omit<SealedKey, "format" | "sealed">,
  pkcs8: Uint8Array,
  secret: string,
  cost = SEAL_COST,
): SealedKey {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", derive(secret, salt, { ...SCRYPT, N: cost }), iv);
  cipher.setAAD(boundTo(key));
  const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  return {
    format: "bulkhead-key-1",
    ...key,
    sealed: {
      kdf: { name: "scrypt", N: cost, r: SCRYPT.r, p: SCRYPT.p, salt: salt.toString("base64") },
      iv: iv.toString("base64"),
      tag: cipher.getAuthTag().toString("base64"),
      ciphertext: ciphertext.toString("base64"),
    },
  };
}

/** The PKCS#8 bytes, or null where the secret is another or the file was changed. */
export function openKey(key: SealedKey, secret: string): Uint8Array | null {
  const { kdf, iv, tag, ciphertext } = key.sealed;
  if (kdf.N > SCRYPT.N || kdf.r > SCRYPT.r || kdf.p > SCRYPT.p) return null;
  try {
    const wrapping = derive(secret, Buffer.from(kdf.salt, "base64"), kdf);
    const decipher = createDecipheriv("aes-256-gcm", wrapping, Buffer.from(iv, "base64"), { authTagLength: 16 });
    decipher.setAAD(boundTo(key));
    decipher.setAuthTag(Buffer.from(tag, "base64"));
    return Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64")), decipher.final()]);
  } catch {
    // GCM tells "wrong key" and "changed bytes" by the same failure; the caller says which file it was.
    return null;
  }
}
