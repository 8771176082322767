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

type Proven = { deviceId: string; expiresAtSeconds: number };
export type AccessTokenReader = (token: string, nowSeconds: number) => AccessTokenReading;

/** Tokens whose seals are remembered; a device has one at a time. */
const PROVEN_MAX = 20_000;

function proven(accessKey: Buffer, token: string): Proven | null {
  const [payload, mac, ...rest] = token.split(".");
  if (payload === undefined || mac === undefined || rest.length > 0) return null;
  const given = Buffer.from(mac, "base64url");
  const wanted = seal(accessKey, payload);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  const [deviceId, expiry] = Buffer.from(payload, "base64url").toString("utf8").split("\n");
  if (deviceId === undefined || !Number.isSafeInteger(Number(expiry))) return null;
  return { deviceId, expiresAtSeconds: Number(expiry) };
}

/**
 * Reads tokens of this server; `expired` only where the seal is right. A seal that was found right is not reckoned again:
 * what it says of device and time never changes.
 */
export function createAccessTokenReader(accessKey: Buffer): AccessTokenReader {
  const known = new Map<string, Proven>();
  return (token, nowSeconds) => {
    const found = known.get(token) ?? proven(accessKey, token);
    if (found === null) return { result: "invalid" };
    const { deviceId, expiresAtSeconds } = found;
    if (nowSeconds >= expiresAtSeconds) {
      known.delete(token);
      return { result: "expired", deviceId };
    }
    if (!known.has(token)) {
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= PROVEN_MAX) known.delete(oldest);
      known.set(token, found);
    }
    return { result: "valid", deviceId };
  };
}
