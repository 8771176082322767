import { base64UrlByteLength, fromBase64Url, toHex, utf8Text } from "../crypto/encoding";
import { thumbprint } from "../crypto/jwk";
import type { CryptoPort } from "../crypto/port";
import { readPublicKey } from "../crypto/public-key";
import { isJsonObject, parseJson } from "../json/parse-json";
import type { KeysetClaims, NamedKey } from "../shapes/claims";
import { DOCUMENT_BYTES_MAX, type Envelope, isLargerThan, readParts } from "./envelope";
import { judgeTime, type RefusalCode, readSignedClaims } from "./judge-claims";
import { readKeysetClaims } from "./read-claims";
import { sealVerified, type VerifiedDocument } from "./verified-document";
import { LIFE_SECONDS_MAX } from "./verify-document";

/** Trust before the first keyset: thumbprints from the enrolment file, handed over out of band (spec §4). */
export type RootTrust = { rootThumbprints: readonly string[]; threshold: number };

export type VerifyKeysetInput = {
  /** JWS in general JSON serialization, exactly as received. */
  jws: string | Uint8Array;
  trusted: KeysetClaims | RootTrust;
  platform: string;
  now: number;
  crypto: CryptoPort;
};

export type KeysetVerdict =
  | { result: "accepted"; code: "ACCEPTED"; document: VerifiedDocument<KeysetClaims> }
  | {
      result: "refused";
      code: RefusalCode;
      /** With `EXPIRED`: this step verifies its successor and nothing else (spec §4). */
      expired?: VerifiedDocument<KeysetClaims>;
    };

export const KEYSET_SIGNATURES_MAX = 32;

/**
 * Judges one step of the keyset walk, in the order of spec §4. The threshold counts distinct RFC 7638 thumbprints, never
 * kids: of the trusted keyset before the claims are looked at, of the new one right after its `MALFORMED`.
 */
export function verifyKeyset(input: VerifyKeysetInput): KeysetVerdict {
  const { trusted, crypto } = input;
  const text = typeof input.jws === "string" ? input.jws : utf8Text(input.jws);
  if (text === undefined) return refused("MALFORMED");
  const opened = openSignatures(text);
  if (!opened.ok) return refused(opened.code);
  const { payload, envelopes } = opened;
  if (envelopes.some(({ header }) => header.typ !== "bulkhead-keyset")) return refused("WRONG_TYPE");
  const rootKeys = "rootKeys" in trusted ? trusted.rootKeys : namedRootKeys(payload, trusted, crypto);
  if (!envelopes.some(({ header }) => rootKeys.some(({ kid }) => kid === header.kid))) return refused("UNKNOWN_KEY");
  if (countSigners(envelopes, rootKeys, crypto) < trusted.threshold) return refused("BAD_SIGNATURE");

  const claimed = readSignedClaims(payload, (raw) => readKeysetClaims(raw), LIFE_SECONDS_MAX["bulkhead-keyset"]);
  if (!claimed.ok) return refused(claimed.code);
  const { claims } = claimed;
  const previous = "rootKeys" in trusted ? trusted : undefined;
  if (previous !== undefined && claims.environment !== previous.environment) return refused("MALFORMED");
  if (countSigners(envelopes, claims.rootKeys, crypto) < claims.threshold) return refused("BAD_SIGNATURE");
  if (claims.platform !== input.platform) return refused("WRONG_PLATFORM");
  if (previous !== undefined) {
    if (claims.revision <= previous.revision || claims.epoch < previous.epoch) return refused("ROLLED_BACK");
    if (claims.revision > previous.revision + 1) return refused("NOT_YET_VALID");
  }
  const document = sealVerified(claims, toHex(crypto.sha256(payload)));
  const time = judgeTime(claims, input.now);
  if (time === undefined) return { result: "accepted", code: "ACCEPTED", document };
  return time === "EXPIRED" ? { ...refused(time), expired: document } : refused(time);
}

type Opened = { ok: true; payload: Uint8Array; envelopes: Envelope[] } | { ok: false; code: "TOO_LARGE" | "MALFORMED" };

/** General serialization with protected headers only; one malformed signature makes the whole malformed. */
function openSignatures(text: string): Opened {
  const limit = DOCUMENT_BYTES_MAX["bulkhead-keyset"];
  if (isLargerThan(text, limit * 2)) return { ok: false, code: "TOO_LARGE" };
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return { ok: false, code: "MALFORMED" };
  const { payload, signatures } = parsed.value;
  if (typeof payload === "string" && base64UrlByteLength(payload.length) > limit)
    return { ok: false, code: "TOO_LARGE" };
  const payloadBytes = typeof payload === "string" ? fromBase64Url(payload) : undefined;
  if (typeof payload !== "string" || payloadBytes === undefined) return { ok: false, code: "MALFORMED" };
  const isFlattened = ["protected", "header", "signature"].some((member) =>
    Object.hasOwn(parsed.value as object, member),
  );
  if (isFlattened || !Array.isArray(signatures) || signatures.length > KEYSET_SIGNATURES_MAX) {
    return { ok: false, code: "MALFORMED" };
  }
  const envelopes: Envelope[] = [];
  for (const entry of signatures) {
    if (!isJsonObject(entry) || Object.hasOwn(entry, "header")) return { ok: false, code: "MALFORMED" };
    const { protected: header, signature } = entry;
    if (typeof header !== "string" || typeof signature !== "string") return { ok: false, code: "MALFORMED" };
    const envelope = readParts(header, payload, signature);
    if (envelope === undefined) return { ok: false, code: "MALFORMED" };
    envelopes.push(envelope);
  }
  return { ok: true, payload: payloadBytes, envelopes };
}

/** Distinct keys that signed: two kids of one key count once, a wrong signature not at all. */
function countSigners(envelopes: Envelope[], keys: readonly NamedKey[], crypto: CryptoPort): number {
  const signers = new Set<string>();
  for (const { header, signature, signingInput } of envelopes) {
    for (const { kid, jwk } of keys) {
      if (kid === header.kid && crypto.verify(jwk, signingInput, signature)) {
        signers.add(thumbprint(jwk, crypto));
      }
    }
  }
  return signers.size;
}

/** The root keys of the payload itself that the enrolment file names; nothing else of the payload is looked at yet. */
function namedRootKeys(payload: Uint8Array, trust: RootTrust, crypto: CryptoPort): NamedKey[] {
  const parsed = parseJson(payload);
  const rootKeys = parsed.ok && isJsonObject(parsed.value) ? parsed.value.rootKeys : undefined;
  if (!Array.isArray(rootKeys)) return [];
  const named: NamedKey[] = [];
  for (const entry of rootKeys) {
    if (!isJsonObject(entry) || typeof entry.kid !== "string") continue;
    const jwk = readPublicKey(entry.jwk);
    if (jwk !== undefined && trust.rootThumbprints.includes(thumbprint(jwk, crypto)))
      named.push({ kid: entry.kid, jwk });
  }
  return named;
}

function refused(code: RefusalCode): { result: "refused"; code: RefusalCode } {
  return { result: "refused", code };
}
