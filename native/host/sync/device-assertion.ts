import { createHash } from "node:crypto";
import {
  ENROLL_ASSERTION_TYPE,
  type EnrollAssertion,
  TOKEN_ASSERTION_TYPE,
  type TokenAssertion,
} from "../../core/wire/device-assertion";
import type { DeviceKey } from "../state/device-key";

/** Proof of possession for `token` (spec §4): a compact JWS over `aud, sub, jti, iat`. */
export function signTokenAssertion(key: DeviceKey, claims: TokenAssertion): Promise<string> {
  return signAssertion(key, TOKEN_ASSERTION_TYPE, claims);
}

/** Proof of possession for `enroll`; it covers the one-time token by its hash. */
export function signEnrollAssertion(
  key: DeviceKey,
  claims: Omit<EnrollAssertion, "sub" | "tokenSha256"> & { token: string },
): Promise<string> {
  const { token, ...rest } = claims;
  const tokenSha256 = createHash("sha256").update(token, "utf8").digest("hex");
  return signAssertion(key, ENROLL_ASSERTION_TYPE, { ...rest, sub: key.thumbprint, tokenSha256 });
}

async function signAssertion(key: DeviceKey, typ: string, claims: TokenAssertion | EnrollAssertion): Promise<string> {
  const header = { alg: "ES256", typ, kid: key.thumbprint };
  const input = `${base64url(header)}.${base64url(claims)}`;
  const signature = await key.sign(Buffer.from(input, "ascii"));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
