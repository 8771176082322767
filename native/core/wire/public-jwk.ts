import { z } from "zod";

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** The public half of a P-256 key as it travels: exactly the four members of RFC 7517, nothing private beside them. */
export const publicJwkShape = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
});
