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

/** Characters of texts that are remembered of each kind, twice at most: what is asked for again and again always is. */
const REMEMBERED_CHARACTERS = 32 * 1024 * 1024;

export function createStoredClaims(): StoredClaims {
  return {
    keyset: remembering((jws) => read(keysetPayload(jws), readKeysetClaims)),
    platform: remembering((jws) => read(compactPayload(jws, "bulkhead-platform"), readPlatformClaims)),
    program: remembering((jws) => read(compactPayload(jws, "bulkhead-program"), readProgramClaims)),
  };
}

function remembering<Claims>(readClaims: (jws: string) => Claims | undefined) {
  let recent = new Map<string, Claims | undefined>();
  let former = new Map<string, Claims | undefined>();
  let characters = 0;
  return (jws: string | undefined): Claims | undefined => {
    if (jws === undefined) return undefined;
    if (recent.has(jws)) return recent.get(jws);
    if (characters > REMEMBERED_CHARACTERS) {
      former = recent;
      recent = new Map();
      characters = 0;
    }
    const claims = former.has(jws) ? former.get(jws) : readClaims(jws);
    recent.set(jws, claims);
    characters += jws.length;
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
