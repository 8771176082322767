import { createHash } from "node:crypto";
import type { DocumentType } from "../../core/codes";
import { utf8Text } from "../../core/crypto/encoding";
import type { CryptoPort } from "../../core/crypto/port";
import type { PublicSuffixes } from "../../core/decide/public-suffixes";
import { DOCUMENT_BYTES_MAX, openEnvelope } from "../../core/documents/envelope";
import { readKeysetClaims, readPlatformClaims, readProgramClaims } from "../../core/documents/read-claims";
import { type DocumentVerdict, verifyDocument } from "../../core/documents/verify-document";
import { type KeysetVerdict, verifyKeyset } from "../../core/documents/verify-keyset";
import { isJsonObject, type JsonValue, parseJson } from "../../core/json/parse-json";
import { nodeCrypto } from "../../node/crypto";
import type { DocumentVerifier, ReceivedDocument, Verdict } from "./verify-received";

/** The verifier of `native/core` as the keeper of policies asks it. */
export function createCoreVerifier(options: { publicSuffixes: PublicSuffixes; crypto?: CryptoPort }): DocumentVerifier {
  const { publicSuffixes, crypto = nodeCrypto } = options;
  const inputOf = ({ bytes, keyset, platform, now, stored }: ReceivedDocument) => ({
    jws: bytes,
    keyset,
    platform,
    now,
    crypto,
    publicSuffixes,
    ...(stored === undefined ? {} : { stored }),
  });
  return {
    async keyset({ bytes, ...rest }) {
      return verdictOf(verifyKeyset({ jws: bytes, ...rest, crypto }), bytes);
    },
    async platform(input) {
      const { clock } = input;
      return verdictOf(verifyDocument({ ...inputOf(input), type: "bulkhead-platform", clock }), input.bytes);
    },
    async program(input) {
      const { appId } = input;
      return verdictOf(verifyDocument({ ...inputOf(input), type: "bulkhead-program", appId }), input.bytes);
    },
    readStoredKeyset(bytes) {
      const outer = parseJson(bytes);
      const payload = outer.ok && isJsonObject(outer.value) ? outer.value.payload : undefined;
      if (typeof payload !== "string") return undefined;
      const claims = parseJson(Buffer.from(payload, "base64url"));
      return claims.ok ? orUndefined(readKeysetClaims(claims.value)) : undefined;
    },
    readStoredPlatform(bytes) {
      const claims = storedClaims(bytes, "bulkhead-platform");
      return claims === undefined ? undefined : orUndefined(readPlatformClaims(claims));
    },
    readStoredProgram(bytes) {
      const claims = storedClaims(bytes, "bulkhead-program");
      return claims === undefined ? undefined : orUndefined(readProgramClaims(claims));
    },
  };
}

function verdictOf<Claims>(verdict: DocumentVerdict<Claims> | KeysetVerdict, bytes: Uint8Array): Verdict<Claims> {
  if (verdict.result === "accepted") {
    const { claims, payloadSha256 } = verdict.document;
    return { result: "accepted", claims: claims as Claims, payloadSha256 };
  }
  return {
    result: "refused",
    code: verdict.code,
    payloadSha256: verdict.expired?.payloadSha256 ?? payloadDigest(bytes),
    newer: verdict.expired?.claims as Claims | undefined,
  };
}

/** Names a refused payload whatever it is: the part that is signed where there is one, so that signatures don't count. */
function payloadDigest(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  const outer = text?.startsWith("{") ? parseJson(text) : undefined;
  const inner = outer?.ok && isJsonObject(outer.value) ? outer.value.payload : text?.split(".")[1];
  return createHash("sha256")
    .update(typeof inner === "string" ? inner : bytes)
    .digest("hex");
}

function storedClaims(bytes: Uint8Array, type: DocumentType): JsonValue | undefined {
  const text = utf8Text(bytes);
  const opened = text === undefined ? undefined : openEnvelope(text, DOCUMENT_BYTES_MAX[type]);
  const parsed = opened?.ok ? parseJson(opened.envelope.payload) : undefined;
  return parsed?.ok ? parsed.value : undefined;
}

function orUndefined<Claims>(read: { ok: true; claims: Claims } | { ok: false }): Claims | undefined {
  return read.ok ? read.claims : undefined;
}
