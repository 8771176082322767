import { createHmac, timingSafeEqual } from "node:crypto";

/** How long an access token is good; a device asks for the next one before that (spec §4). */
export const ACCESS_TOKEN_LIFE_SECONDS = 600;

function seal(accessKey: Buffer, payload: string): Buffer {
  return createHmac("sha256", accessKey).update(`bulkhead-access-1\n${payload}`).digest();
}

/** `payload.mac`; the payload names the device and the second from which it is expired. Says nothing of revocation. */
export function makeAccessToken(accessKey: Buffer, deviceId: string, expiresAtSeconds: number): string {
  const payload = Buffer.from(`${deviceId}\n${expiresAtSeconds}`).toString("base64url");
  return `${payload}.${seal(accessKey, payload).toString("base64url")}`;
}

export type AccessTokenReading =
  | { result: "valid"; deviceId: string }
  | { result: "expired"; deviceId: string }
  | { result: "invalid" };

/** Reads a token of this server; `expired` only where the seal is right. */
export function readAccessToken(accessKey: Buffer, token: string, nowSeconds: number): AccessTokenReading {
  const [payload, mac, ...rest] = token.split(".");
  if (payload === undefined || mac === undefined || rest.length > 0) return { result: "invalid" };
  const given = Buffer.from(mac, "base64url");
  const wanted = seal(accessKey, payload);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return { result: "invalid" };
  const [deviceId, expiry] = Buffer.from(payload, "base64url").toString("utf8").split("\n");
  if (deviceId === undefined || !Number.isSafeInteger(Number(expiry))) return { result: "invalid" };
  return nowSeconds < Number(expiry) ? { result: "valid", deviceId } : { result: "expired", deviceId };
}
