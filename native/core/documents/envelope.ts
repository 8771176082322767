import type { DocumentType } from "../codes";
import { base64UrlByteLength, fromBase64Url, utf8Bytes } from "../crypto/encoding";
import { isJsonObject, parseJson } from "../json/parse-json";

/** Largest payload of each document in bytes; received bytes may be twice that (spec §4). */
export const DOCUMENT_BYTES_MAX = {
  "bulkhead-keyset": 64 * 1024,
  "bulkhead-platform": 1024 * 1024,
  "bulkhead-program": 256 * 1024,
} as const satisfies Record<DocumentType, number>;

export type ProtectedHeader = { typ: string; kid: string };

export type Envelope = {
  header: ProtectedHeader;
  payload: Uint8Array;
  signature: Uint8Array;
  /** The exact bytes that were signed: header and payload as received. */
  signingInput: Uint8Array;
};

export type EnvelopeResult = { ok: true; envelope: Envelope } | { ok: false; code: "TOO_LARGE" | "MALFORMED" };

/** Header members that would bring a key, a critical extension or another payload coding with them. */
const FORBIDDEN_MEMBERS = ["jwk", "jku", "x5u", "x5c", "crit", "b64"] as const;

/**
 * A compact JWS taken apart: sizes first, then its form (spec §4, Refusals). Its payload has `bytesMax` at most, and what
 * is received twice that. Nothing in it is trusted yet.
 */
export function openEnvelope(text: string, bytesMax: number): EnvelopeResult {
  if (isLargerThan(text, bytesMax * 2)) return { ok: false, code: "TOO_LARGE" };
  const [header, payload, signature, ...rest] = text.split(".");
  if (payload !== undefined && base64UrlByteLength(payload.length) > bytesMax) return { ok: false, code: "TOO_LARGE" };
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return { ok: false, code: "MALFORMED" };
  }
  const envelope = readParts(header, payload, signature);
  return envelope === undefined ? { ok: false, code: "MALFORMED" } : { ok: true, envelope };
}

/** One signature over one payload, all three parts in base64url; undefined where any is not as spec §4 has it. */
export function readParts(header: string, payload: string, signature: string): Envelope | undefined {
  const protectedHeader = readHeader(header);
  const payloadBytes = fromBase64Url(payload);
  const signatureBytes = fromBase64Url(signature);
  if (protectedHeader === undefined || payloadBytes === undefined || signatureBytes === undefined) return undefined;
  return {
    header: protectedHeader,
    payload: payloadBytes,
    signature: signatureBytes,
    signingInput: utf8Bytes(`${header}.${payload}`),
  };
}

/** Counts bytes without encoding what is too long anyway. */
export function isLargerThan(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || (text.length * 3 > bytesMax && utf8Bytes(text).length > bytesMax);
}

function readHeader(encoded: string): ProtectedHeader | undefined {
  const bytes = fromBase64Url(encoded);
  const parsed = bytes && parseJson(bytes);
  if (!parsed?.ok || !isJsonObject(parsed.value)) return undefined;
  const header = parsed.value;
  if (FORBIDDEN_MEMBERS.some((member) => Object.hasOwn(header, member))) return undefined;
  const { alg, typ, kid } = header;
  if (alg !== "ES256" || typeof typ !== "string" || typeof kid !== "string") return undefined;
  return { typ, kid };
}
