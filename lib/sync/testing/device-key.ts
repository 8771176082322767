import { createHash, randomBytes, sign } from "node:crypto";
import { publicKeyShape } from "@/native/core/crypto/public-key";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { ENROLL_ASSERTION_TYPE, TOKEN_ASSERTION_TYPE } from "@/native/core/wire/device-assertion";
import { makeKeyPair } from "@/native/node/make-key-pair";
import { thumbprintOf } from "../keys/thumbprint";

export type DeviceKey = {
  jwk: PublicJwk;
  thumbprint: string;
  /** A compact JWS by this key; members of `header` and `claims` replace the right ones, for the tests of refusals. */
  assert(typ: string, claims: Record<string, unknown>, header?: Record<string, unknown>): string;
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A P-256 key as a device has one. */
export function createDeviceKey(): DeviceKey {
  const { publicKey, privateKey } = makeKeyPair();
  const jwk = publicKeyShape.parse(publicKey.export({ format: "jwk" }));
  const thumbprint = thumbprintOf(jwk);
  return {
    jwk,
    thumbprint,
    assert(typ, claims, header = {}) {
      const input = `${encode({ alg: "ES256", typ, kid: thumbprint, ...header })}.${encode(claims)}`;
      const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${input}.${signature.toString("base64url")}`;
    },
  };
}

export const freshJti = () => randomBytes(16).toString("hex");

/** Body of `POST enroll` as a device sends it. */
export function enrollBody(
  key: DeviceKey,
  token: string,
  options: { platform: string; iat: number; claims?: Record<string, unknown> },
) {
  const tokenSha256 = createHash("sha256").update(token).digest("hex");
  const claims = { aud: options.platform, sub: key.thumbprint, jti: freshJti(), iat: options.iat, tokenSha256 };
  return {
    assertion: key.assert(ENROLL_ASSERTION_TYPE, { ...claims, ...options.claims }),
    token,
    publicKey: key.jwk,
    runtime: { kind: "linux" as const, version: "0.1.0", layers: [] },
  };
}

/** Body of `POST token` as a device sends it. */
export function tokenBody(
  key: DeviceKey,
  options: { platform: string; deviceId: string; iat: number; jti?: string; claims?: Record<string, unknown> },
) {
  const claims = { aud: options.platform, sub: options.deviceId, jti: options.jti ?? freshJti(), iat: options.iat };
  return { assertion: key.assert(TOKEN_ASSERTION_TYPE, { ...claims, ...options.claims }) };
}
