import type { PublicJwk } from "../shapes/claims";
import { bytesEqual, fromBase64Url, toBase64Url, utf8Bytes } from "./encoding";
import type { CryptoPort } from "./port";
import { readPublicKey } from "./public-key";

/** RFC 7638 thumbprint, unpadded base64url of SHA-256; the `kid` of keys that this project makes. */
export function thumbprint(jwk: PublicJwk, crypto: Pick<CryptoPort, "sha256">): string {
  const canonical = `{"crv":"${jwk.crv}","kty":"${jwk.kty}","x":"${jwk.x}","y":"${jwk.y}"}`;
  return toBase64Url(crypto.sha256(utf8Bytes(canonical)));
}

/** The DER of SubjectPublicKeyInfo up to the point, for an uncompressed point of P-256 (RFC 5480). */
const SPKI_PREFIX = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04],
);
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----[ \t\r\n]*$/;

/** The key of one `PUBLIC KEY` PEM block holding an uncompressed point of P-256; undefined for any other text. */
export function publicJwkFromPem(pem: string): PublicJwk | undefined {
  const body = PEM.exec(pem)?.[1]?.replace(/[\r\n]/g, "");
  if (body === undefined) return undefined;
  const der = fromBase64Url(body.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
  if (der === undefined || der.length !== SPKI_PREFIX.length + 64) return undefined;
  if (!bytesEqual(der.subarray(0, SPKI_PREFIX.length), SPKI_PREFIX)) return undefined;
  const point = der.subarray(SPKI_PREFIX.length);
  const [x, y] = [point.subarray(0, 32), point.subarray(32)].map(toBase64Url);
  return readPublicKey({ kty: "EC", crv: "P-256", x, y });
}

/** The same key as a `PUBLIC KEY` PEM block. */
export function pemFromPublicJwk({ x, y }: PublicJwk): string {
  const der = Uint8Array.of(...SPKI_PREFIX, ...(fromBase64Url(x) ?? []), ...(fromBase64Url(y) ?? []));
  const base64 = toBase64Url(der).replaceAll("-", "+").replaceAll("_", "/");
  const padded = base64.padEnd(Math.ceil(base64.length / 4) * 4, "=");
  const lines = padded.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}
