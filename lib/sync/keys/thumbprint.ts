import { createHash } from "node:crypto";
import type { PublicJwk } from "@/native/core/shapes/claims";

/** RFC 7638: SHA-256 over the required members in order, unpadded base64url. */
export function thumbprintOf(jwk: PublicJwk): string {
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
  return createHash("sha256").update(canonical).digest("base64url");
}

export function samePublicKey(a: PublicJwk, b: PublicJwk): boolean {
  return a.x === b.x && a.y === b.y;
}
