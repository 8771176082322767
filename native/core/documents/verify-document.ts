import { toHex, utf8Text } from "../crypto/encoding";
import type { CryptoPort } from "../crypto/port";
import { checkHostRules } from "../decide/check-host-rules";
import type { PublicSuffixes } from "../decide/public-suffixes";
import type { JsonObject } from "../json/parse-json";
import type { DocumentClaims, KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";
import { DOCUMENT_BYTES_MAX, openEnvelope } from "./envelope";
import { judgeTime, type RefusalCode, readSignedClaims } from "./judge-claims";
import { comparePositions, isNewerPosition, type Position } from "./position";
import { type ReadResult, readPlatformClaims, readProgramClaims } from "./read-claims";
import { sealVerified, type VerifiedDocument } from "./verified-document";

export type PolicyDocumentType = "bulkhead-platform" | "bulkhead-program";
type ClaimsOf = { "bulkhead-platform": PlatformClaims; "bulkhead-program": ProgramClaims };

/** Where the floor stands: what was last verified of this document (spec §4). */
export type DocumentPosition = Position & { sha256: string };

export type VerifyDocumentInput<Type extends PolicyDocumentType> = {
  /** The compact JWS exactly as received. */
  jws: string | Uint8Array;
  /** Claims of the trusted keyset. */
  keyset: KeysetClaims;
  type: Type;
  platform: string;
  /** Whose document was asked for; of a program document alone. */
  appId?: string;
  /** Whole seconds: the clock, or the last verified `iat` where that is later. */
  now: number;
  /**
   * Whole seconds: the clock alone, where `now` is not. A platform document that is newer than the floor and whose `iat`
   * lies below `now` is judged by it, and so is the keyset's end: a clock that was wrong once, ours or theirs, refuses
   * nothing for good (spec §4).
   */
  clock?: number;
  stored?: DocumentPosition;
  crypto: CryptoPort;
  publicSuffixes: PublicSuffixes;
};

export type DocumentVerdict<Claims> =
  | { result: "accepted"; code: "ACCEPTED"; document: VerifiedDocument<Claims> }
  | {
      result: "refused";
      code: RefusalCode;
      /** With `EXPIRED`, where the document is newer than the floor: it raises the floor, its suspensions act, it grants nothing. */
      expired?: VerifiedDocument<Claims>;
    };

/** Longest life of each document in seconds (spec §4). */
export const LIFE_SECONDS_MAX = {
  "bulkhead-platform": 24 * 3600,
  "bulkhead-program": 90 * 24 * 3600,
  "bulkhead-keyset": 200 * 24 * 3600,
} as const;

/**
 * Judges a received platform or program document, in the order of spec §4: size, form, type, key, signature over the
 * bytes received, then the claims. It never throws for hostile input, and keeps nothing: storing the floor durably
 * before the document is applied is the caller's.
 */
export function verifyDocument<Type extends PolicyDocumentType>(
  input: VerifyDocumentInput<Type>,
): DocumentVerdict<ClaimsOf[Type]> {
  const { keyset, type, crypto, now } = input;
  const clock = type === "bulkhead-platform" ? (input.clock ?? now) : now;
  const text = typeof input.jws === "string" ? input.jws : utf8Text(input.jws);
  if (text === undefined) return refused("MALFORMED");
  const opened = openEnvelope(text, DOCUMENT_BYTES_MAX[type]);
  if (!opened.ok) return refused(opened.code);
  const { header, payload, signature, signingInput } = opened.envelope;
  if (header.typ !== type) return refused("WRONG_TYPE");
  const candidates = Math.min(now, clock) >= keyset.exp ? [] : keyset.keys.filter((key) => key.kid === header.kid);
  if (candidates.length === 0) return refused("UNKNOWN_KEY");
  let signed = false;
  for (const { jwk } of candidates) signed ||= crypto.verify(jwk, signingInput, signature);
  if (!signed) return refused("BAD_SIGNATURE");

  const read = READERS[type] as (raw: JsonObject, suffixes: PublicSuffixes) => ReadResult<ClaimsOf[Type]>;
  const claimed = readSignedClaims(payload, (raw) => read(raw, input.publicSuffixes), LIFE_SECONDS_MAX[type]);
  if (!claimed.ok) return refused(claimed.code);
  const { claims } = claimed;
  const isNewer = input.stored === undefined || isNewerPosition(claims, input.stored);
  const time = isNewer && claims.iat < now ? clock : now;
  if (time >= keyset.exp) return refused("UNKNOWN_KEY");
  if (claims.platform !== input.platform) return refused("WRONG_PLATFORM");
  if ("appId" in claims && input.appId !== undefined && claims.appId !== input.appId) return refused("WRONG_PROGRAM");
  const payloadSha256 = toHex(crypto.sha256(payload));
  const position = judgePosition(claims, payloadSha256, keyset, input.stored);
  if (position !== undefined) return refused(position);
  const untimely = judgeTime(claims, time);
  const document = sealVerified(claims, payloadSha256);
  if (untimely === undefined) return { result: "accepted", code: "ACCEPTED", document };
  return untimely === "EXPIRED" && isNewer ? { ...refused(untimely), expired: document } : refused(untimely);
}

const READERS: {
  [Type in PolicyDocumentType]: (raw: JsonObject, suffixes: PublicSuffixes) => ReadResult<ClaimsOf[Type]>;
} = {
  "bulkhead-platform": (raw) => readPlatformClaims(raw),
  "bulkhead-program": (raw, suffixes) => {
    const read = readProgramClaims(raw);
    return read.ok && checkHostRules(read.claims.hosts, suffixes).ok ? read : { ok: false };
  },
};

/** The floor first, then the epoch, which the trusted keyset alone raises (spec §4). */
function judgePosition(
  claims: DocumentClaims,
  payloadSha256: string,
  keyset: KeysetClaims,
  stored: DocumentPosition | undefined,
): "ROLLED_BACK" | "CONFLICT" | "NOT_YET_VALID" | undefined {
  const difference = stored === undefined ? 1 : comparePositions(claims, stored);
  if (difference < 0 || claims.epoch < keyset.epoch) return "ROLLED_BACK";
  if (difference === 0 && payloadSha256 !== stored?.sha256) return "CONFLICT";
  return claims.epoch > keyset.epoch ? "NOT_YET_VALID" : undefined;
}

function refused(code: RefusalCode): { result: "refused"; code: RefusalCode } {
  return { result: "refused", code };
}
