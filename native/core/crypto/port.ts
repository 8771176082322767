import type { PublicJwk } from "../shapes/claims";

/** All cryptography that verification needs; a runtime may bring its own. */
export type CryptoPort = {
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** ECDSA P-256 with SHA-256 over `data`; the signature is `r‖s`, 64 bytes. A key that is no point answers false. */
  verifyP256(key: PublicJwk, signature: Uint8Array, data: Uint8Array): Promise<boolean>;
};

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
/** Imported keys are kept for the life of their JWK object: a keyset verifies many documents. */
const importedKeys = new WeakMap<PublicJwk, Promise<CryptoKey | undefined>>();

/** The platform's WebCrypto: browsers and Node alike. */
export const webCryptoPort: CryptoPort = {
  async sha256(bytes) {
    return new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", ownBuffer(bytes)));
  },
  async verifyP256(key, signature, data) {
    if (signature.length !== 64) return false;
    const imported = await importKey(key);
    if (imported === undefined) return false;
    return globalThis.crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      imported,
      ownBuffer(signature),
      ownBuffer(data),
    );
  },
};

function importKey(key: PublicJwk): Promise<CryptoKey | undefined> {
  const known = importedKeys.get(key);
  if (known !== undefined) return known;
  const { kty, crv, x, y } = key;
  const imported = globalThis.crypto.subtle
    .importKey("jwk", { kty, crv, x, y, ext: true }, ALGORITHM, false, ["verify"])
    .catch(() => undefined);
  importedKeys.set(key, imported);
  return imported;
}

/** WebCrypto takes no view of shared memory; other views pass as they are. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
