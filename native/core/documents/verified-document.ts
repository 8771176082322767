const VERIFIED: unique symbol = Symbol("verified document");

/** Claims whose signature, form, platform, position and time were verified. Only the verifiers of this folder make one. */
export type VerifiedDocument<Claims> = {
  readonly [VERIFIED]: true;
  readonly claims: Claims;
  /** SHA-256 of the payload bytes as received, 64 lower-case hex digits; stored beside epoch and revision. */
  readonly payloadSha256: string;
};

/** For `verify-document` and `verify-keyset` alone; a test holds everybody else to that. */
export function sealVerified<Claims>(claims: Claims, payloadSha256: string): VerifiedDocument<Claims> {
  return { [VERIFIED]: true, claims, payloadSha256 };
}
