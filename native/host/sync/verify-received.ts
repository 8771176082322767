import type { DocumentCode } from "../../core/codes";
import type { DocumentPosition } from "../../core/documents/verify-document";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../../core/shapes/claims";

/**
 * What the keeper of policies needs to know of a received document (spec §4). `newer` is there where the signature held
 * and the document is newer than the floor but expired: it grants nothing, yet its floor and its suspensions act.
 */
export type Verdict<Claims> =
  | { result: "accepted"; claims: Claims; payloadSha256: string }
  | {
      result: "refused";
      code: Exclude<DocumentCode, "ACCEPTED">;
      /** Names the refused payload, so that it is told of once. */
      payloadSha256: string;
      newer: Claims | undefined;
    };

/** Verification of received bytes by `now`: clock and last verified `iat`, whole seconds. */
export type DocumentVerifier = {
  keyset(input: {
    bytes: Uint8Array;
    trusted: KeysetClaims | { rootThumbprints: readonly string[]; threshold: number };
    platform: string;
    now: number;
  }): Promise<Verdict<KeysetClaims>>;
  /** `clock`: the clock alone, for a newer document whose `iat` lies below the last verified one (spec §4). */
  platform(input: ReceivedDocument & { clock: number }): Promise<Verdict<PlatformClaims>>;
  program(input: ReceivedDocument & { appId: string }): Promise<Verdict<ProgramClaims>>;
  /**
   * Claims of bytes that were verified before they were stored and are named by their digest since. No signature is
   * looked at again: a keyset that rotated its keys meanwhile does not end what was accepted under the one before.
   */
  readStoredKeyset(bytes: Uint8Array): KeysetClaims | undefined;
  readStoredPlatform(bytes: Uint8Array): PlatformClaims | undefined;
  readStoredProgram(bytes: Uint8Array): ProgramClaims | undefined;
};

export type ReceivedDocument = {
  bytes: Uint8Array;
  keyset: KeysetClaims;
  platform: string;
  now: number;
  stored: DocumentPosition | undefined;
};
