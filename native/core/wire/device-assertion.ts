import { z } from "zod";

/** `typ` of the proof that asks for enrolment; a compact JWS, ES256, `kid` the thumbprint of the device's key (spec §4). */
export const ENROLL_ASSERTION_TYPE = "bulkhead-enroll+jwt";
/** `typ` of the proof that asks for an access token; a compact JWS, ES256, `kid` the thumbprint of the device's key. */
export const TOKEN_ASSERTION_TYPE = "bulkhead-token+jwt";
/** How long a proof is good by the server's time, either side of its `iat` (spec §4). */
export const ASSERTION_LIFE_SECONDS = 120;

const seconds = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Header of either proof. A key inside the header is refused: the server takes it from the body or its own record. */
export const assertionHeaderShape = z.strictObject({
  alg: z.literal("ES256"),
  typ: z.enum([ENROLL_ASSERTION_TYPE, TOKEN_ASSERTION_TYPE]),
  kid: z.string().min(1).max(128),
});

/** Claims of the `token` proof: `aud` is the platform's id, `sub` the device's, `jti` is used once. */
export const tokenAssertionShape = z.object({
  aud: z.string().min(1).max(256),
  sub: z.string().min(1).max(128),
  jti: z.string().min(16).max(128),
  iat: seconds,
});
export type TokenAssertion = z.infer<typeof tokenAssertionShape>;

/** Claims of the `enroll` proof: `sub` is the key's thumbprint, and the one-time token is covered by its SHA-256 in hex. */
export const enrollAssertionShape = tokenAssertionShape.extend({
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type EnrollAssertion = z.infer<typeof enrollAssertionShape>;
