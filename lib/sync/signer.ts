import type { KeysetClaims } from "@/native/core/shapes/claims";

/**
 * Signs policy documents. Keys live outside the database, behind this interface, so that a key management service can
 * implement it. Nothing that calls it ever sees a private key.
 */
export type PolicySigner = {
  /** The policy key that signs now; its public half stands in the trusted keyset. */
  activeKid(keyset: KeysetClaims): Promise<string>;
  /** ES256 over `data`: 64 bytes, r‖s. Raises `unavailable` when the key cannot be used. */
  sign(kid: string, data: Uint8Array): Promise<Uint8Array>;
};

/** The keyset that devices trust, and the policy key of it that signs now: asked once for all that is signed together. */
export type SigningKey = { keyset: KeysetClaims; kid: string };
