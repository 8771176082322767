import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { barePublicKeyShape } from "../../core/crypto/public-key";
import type { PublicJwk } from "../../core/shapes/claims";
import { makeKeyPair } from "../../node/make-key-pair";
import type { DurableFiles } from "./durable-files";
import { replaceFile } from "./replace-file";

/** The device's own key. It never leaves the data folder; the platform knows the public half alone. */
export type DeviceKey = {
  publicJwk: PublicJwk;
  /** RFC 7638, unpadded base64url. */
  thumbprint: string;
  /** ES256: 64 bytes, r and s. */
  sign(data: Uint8Array): Promise<Uint8Array>;
};

/** Reads the key, or makes it and has it on the disk (mode 0600) before anyone hears of it. */
export async function loadDeviceKey(files: DurableFiles, path: string): Promise<DeviceKey> {
  const stored = await files.read(path);
  if (stored) return deviceKeyOf(createPrivateKey(Buffer.from(stored).toString("utf8")));
  const { privateKey } = makeKeyPair();
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await replaceFile(files, path, Buffer.from(pem, "utf8"));
  return deviceKeyOf(privateKey);
}

/** A key from its private half. */
export function deviceKeyOf(privateKey: KeyObject): DeviceKey {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicJwk = barePublicKeyShape.parse({ kty, crv, x, y });
  const canonical = JSON.stringify({ crv: publicJwk.crv, kty: publicJwk.kty, x: publicJwk.x, y: publicJwk.y });
  return {
    publicJwk,
    thumbprint: createHash("sha256").update(canonical).digest("base64url"),
    sign: async (data) => sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }),
  };
}
