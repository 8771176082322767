import { toBase64Url, utf8Bytes } from "../../core/crypto/encoding";
import { signFixed, type TestKey } from "./test-keys";

type Members = Record<string, unknown>;

export type CraftedJws = {
  key: TestKey;
  /** Text in place of the claims' JSON. */
  payload: Members | string | Uint8Array;
  header?: Members | string;
  /** Changes the signature after it was made. */
  spoil?: (signature: Uint8Array) => Uint8Array;
};

/** A compact JWS, right but for what it is told to get wrong. */
export function craftCompact(typ: string, { key, payload, header, spoil }: CraftedJws): string {
  const protectedHeader = header ?? { alg: "ES256", typ, kid: key.name };
  const input = `${encode(protectedHeader)}.${encode(payload)}`;
  const signature = signFixed(key, utf8Bytes(input));
  return `${input}.${toBase64Url(spoil?.(signature) ?? signature)}`;
}

export type CraftedSignature = { key: TestKey; header?: Members; spoil?: (signature: Uint8Array) => Uint8Array };

/** One signature of a general serialization. */
export function craftSignature(payload: string, { key, header, spoil }: CraftedSignature): Members {
  const protectedHeader = encode(header ?? { alg: "ES256", typ: "bulkhead-keyset", kid: key.name });
  const signature = signFixed(key, utf8Bytes(`${protectedHeader}.${payload}`));
  return { protected: protectedHeader, signature: toBase64Url(spoil?.(signature) ?? signature) };
}

/** A keyset in general serialization; `more` are members of the whole beside the two. */
export function craftGeneral(
  claims: Members | string,
  signatures: readonly CraftedSignature[],
  more: Members = {},
): string {
  const payload = encode(claims);
  return JSON.stringify({ payload, signatures: signatures.map((one) => craftSignature(payload, one)), ...more });
}

export function encode(value: Members | string | Uint8Array): string {
  if (value instanceof Uint8Array) return toBase64Url(value);
  return toBase64Url(utf8Bytes(typeof value === "string" ? value : JSON.stringify(value)));
}
