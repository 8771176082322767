import { fromBase64Url } from "../crypto/encoding";
import { DOCUMENT_BYTES_MAX, openEnvelope } from "../documents/envelope";
import { readKeysetClaims, readPlatformClaims, readProgramClaims } from "../documents/read-claims";
import { isJsonObject, type JsonValue, parseJson } from "../json/parse-json";
import type { KeysetClaims, PlatformClaims, ProgramClaims } from "../shapes/claims";

/**
 * Claims of documents that were verified before they came into the state; no signature is looked at again, for a keyset
 * that rotated its keys ends nothing that was accepted under the one before. Undefined where the text is none.
 */
export type StoredClaims = {
  keyset(jws: string | undefined): KeysetClaims | undefined;
  platform(jws: string | undefined): PlatformClaims | undefined;
  program(jws: string | undefined): ProgramClaims | undefined;
};

/** Documents read so far are remembered by their text, this many of each kind at most. */
const REMEMBERED_MAX = 1024;

export function createStoredClaims(): StoredClaims {
  return {
    keyset: remembering((jws) => read(keysetPayload(jws), readKeysetClaims)),
    platform: remembering((jws) => read(compactPayload(jws, "bulkhead-platform"), readPlatformClaims)),
    program: remembering((jws) => read(compactPayload(jws, "bulkhead-program"), readProgramClaims)),
  };
}

function remembering<Claims>(readClaims: (jws: string) => Claims | undefined) {
  const known = new Map<string, Claims | undefined>();
  return (jws: string | undefined): Claims | undefined => {
    if (jws === undefined) return undefined;
    if (known.has(jws)) return known.get(jws);
    if (known.size >= REMEMBERED_MAX) known.clear();
    const claims = readClaims(jws);
    known.set(jws, claims);
    return claims;
  };
}

function read<Claims>(
  payload: Uint8Array | undefined,
  readClaims: (raw: JsonValue) => { ok: true; claims: Claims } | { ok: false },
): Claims | undefined {
  const parsed = payload && parseJson(payload);
  const claims = parsed?.ok ? readClaims(parsed.value) : undefined;
  return claims?.ok ? claims.claims : undefined;
}

function keysetPayload(jws: string): Uint8Array | undefined {
  const outer = parseJson(jws);
  const payload = outer.ok && isJsonObject(outer.value) ? outer.value.payload : undefined;
  return typeof payload === "string" ? fromBase64Url(payload) : undefined;
}

function compactPayload(jws: string, type: "bulkhead-platform" | "bulkhead-program"): Uint8Array | undefined {
  const opened = openEnvelope(jws, DOCUMENT_BYTES_MAX[type]);
  return opened.ok ? opened.envelope.payload : undefined;
}
