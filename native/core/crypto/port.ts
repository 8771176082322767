import type { PublicJwk } from "../shapes/claims";

/**
 * All cryptography that verification needs; a runtime brings its own. Synchronous, for a verdict that comes later than
 * the state it was asked about is a check-then-act. Neither throws for any bytes.
 */
export type CryptoPort = {
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** ECDSA P-256 with SHA-256 over `message`; `p1363` is `r‖s`, of any other length than 64 bytes it answers false. */
  verify(key: PublicJwk, message: Uint8Array, p1363: Uint8Array): boolean;
};
