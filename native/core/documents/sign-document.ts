import { toBase64Url, utf8Bytes } from "../crypto/encoding";
import { isJsonObject, parseJson } from "../json/parse-json";
import type { DocumentClaims, KeysetClaims } from "../shapes/claims";

/** ES256 over the bytes: 64 bytes, `r‖s`. The private key stays with whoever brings this. */
export type SignBytes = (data: Uint8Array) => Promise<Uint8Array>;

/** A compact JWS of the claims, serialised once: what is verified is these bytes (spec §4). */
export async function signCompact(options: {
  typ: string;
  kid: string;
  claims: DocumentClaims | Readonly<Record<string, unknown>>;
  sign: SignBytes;
}): Promise<string> {
  const input = `${encodedHeader(options.typ, options.kid)}.${encoded(options.claims)}`;
  return `${input}.${toBase64Url(await options.sign(utf8Bytes(input)))}`;
}

/** A keyset in JWS JSON general serialization, one signature a root key (spec §4). */
export async function signKeyset(options: {
  claims: KeysetClaims;
  signers: readonly { kid: string; sign: SignBytes }[];
}): Promise<string> {
  const payload = encoded(options.claims);
  const signatures = await Promise.all(options.signers.map(({ kid, sign }) => signatureEntry(payload, kid, sign)));
  return JSON.stringify({ payload, signatures });
}

/**
 * One more root key's signature over a keyset that others have signed; the payload stays byte for byte. Undefined where
 * the text is no general serialization.
 */
export async function addKeysetSignature(
  jws: string,
  signer: { kid: string; sign: SignBytes },
): Promise<string | undefined> {
  const parsed = parseJson(jws);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const { payload, signatures } = parsed.value;
  if (typeof payload !== "string" || !Array.isArray(signatures)) return undefined;
  const added = await signatureEntry(payload, signer.kid, signer.sign);
  return JSON.stringify({ payload, signatures: [...signatures, added] });
}

async function signatureEntry(payload: string, kid: string, sign: SignBytes) {
  const header = encodedHeader("bulkhead-keyset", kid);
  return { protected: header, signature: toBase64Url(await sign(utf8Bytes(`${header}.${payload}`))) };
}

function encodedHeader(typ: string, kid: string): string {
  return encoded({ alg: "ES256", typ, kid });
}

function encoded(value: unknown): string {
  return toBase64Url(utf8Bytes(JSON.stringify(value)));
}
