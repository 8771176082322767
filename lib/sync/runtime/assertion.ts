import { createPublicKey, verify } from "node:crypto";
import { isStorable } from "@/lib/http/storable-text";
import { AppError } from "@/lib/platform/errors";
import { parseJson } from "@/native/core/json/parse-json";
import type { PublicJwk } from "@/native/core/shapes/claims";
import { ASSERTION_LIFE_SECONDS, assertionHeaderShape } from "@/native/core/wire/device-assertion";

export type Assertion = {
  typ: string;
  kid: string;
  /** Unverified until `requireProof` has said otherwise. */
  claims: unknown;
  signingInput: Buffer;
  signature: Buffer;
};

const malformed = () => new AppError("invalid_input", "The assertion is not a compact JWS of the kind wanted here.");

function decode(part: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  // Canonical or nothing: two spellings of one assertion must not count as two (spec §4).
  if (bytes.toString("base64url") !== part) throw malformed();
  return bytes;
}

/** Takes a compact JWS apart. Refuses `invalid_input` for anything but the header and encoding of spec §4. */
export function readAssertion(compact: string): Assertion {
  const [protectedPart, payloadPart, signaturePart, ...rest] = compact.split(".");
  if (protectedPart === undefined || payloadPart === undefined || signaturePart === undefined || rest.length > 0) {
    throw malformed();
  }
  const header = parseJson(decode(protectedPart));
  const payload = parseJson(decode(payloadPart));
  if (!header.ok || !payload.ok || !isStorable(payload.value)) throw malformed();
  const parsed = assertionHeaderShape.safeParse(header.value);
  if (!parsed.success) throw malformed();
  return {
    typ: parsed.data.typ,
    kid: parsed.data.kid,
    claims: payload.value,
    signingInput: Buffer.from(`${protectedPart}.${payloadPart}`, "ascii"),
    signature: decode(signaturePart),
  };
}

/** Whether the holder of `jwk` signed it: ES256, 64 bytes, over the bytes received. A point off the curve is a no. */
export function isSignedBy(assertion: Assertion, jwk: PublicJwk): boolean {
  if (assertion.signature.length !== 64) return false;
  try {
    const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
    return verify("sha256", assertion.signingInput, { key, dsaEncoding: "ieee-p1363" }, assertion.signature);
  } catch {
    // Only the key's import can throw here, and a key that is none has signed nothing.
    return false;
  }
}

/** Refuses `clock_skew`, carrying the server's time, where `iat` is further from it than a proof may live (spec §4). */
export function requireFresh(iat: number, nowSeconds: number): void {
  if (Math.abs(nowSeconds - iat) <= ASSERTION_LIFE_SECONDS) return;
  throw new AppError("clock_skew", "The device's clock and the server's differ too much.", {
    extra: { serverTime: nowSeconds },
  });
}
