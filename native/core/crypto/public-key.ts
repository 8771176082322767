import { z } from "zod";
import type { PublicJwk } from "../shapes/claims";
import { fromBase64Url, toHex } from "./encoding";

/** 32 bytes in their one spelling of unpadded base64url: the last character's two unused bits are zero (spec 4.36). */
const BASE64URL_OF_32_BYTES = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** An RFC 7638 thumbprint: SHA-256, so that two spellings are never one key. */
export const thumbprintShape = z.string().regex(BASE64URL_OF_32_BYTES);

const coordinate = z.string().regex(BASE64URL_OF_32_BYTES);
const members = { kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate };

/**
 * A public key as others write it, and the only place where a `PublicJwk` is made (spec 4.36): P-256, both coordinates 32
 * bytes in canonical base64url, a point of the curve, nothing private, meant for verifying. Other members are left out.
 */
export const publicKeyShape = z
  .object({
    ...members,
    d: z.never().exactOptional(),
    use: z.literal("sig").exactOptional(),
    alg: z.literal("ES256").exactOptional(),
    key_ops: z.tuple([z.literal("verify")]).exactOptional(),
  })
  .refine(isPoint)
  .transform(asKey);

/** The same where nothing but the four members may travel. */
export const barePublicKeyShape = z.strictObject(members).refine(isPoint).transform(asKey);

/** The key of a JWK in whatever form it came; undefined where it is none by `publicKeyShape`. */
export function readPublicKey(jwk: unknown): PublicJwk | undefined {
  return publicKeyShape.safeParse(jwk).data;
}

type Coordinates = { x: string; y: string };

function asKey({ x, y }: Coordinates): PublicJwk {
  return { kty: "EC", crv: "P-256", x, y } as PublicJwk;
}

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** y² = x³ − 3x + b over the field of P-256, both coordinates below its prime. The point at infinity has no coordinates. */
function isPoint({ x: encodedX, y: encodedY }: Coordinates): boolean {
  const x = readCoordinate(encodedX);
  const y = readCoordinate(encodedY);
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

/** Text that is no base64url or empty, which the shape refuses already, is as great as the prime. */
function readCoordinate(encoded: string): bigint {
  const bytes = fromBase64Url(encoded);
  return bytes === undefined || bytes.length === 0 ? P : BigInt(`0x${toHex(bytes)}`);
}
