import type { CryptoPort } from "../crypto/port";
import { openEnvelope } from "../documents/envelope";
import type { KeysetClaims, PublicJwk } from "../shapes/claims";

export type SignedText =
  | {
      ok: true;
      typ: string;
      payload: Uint8Array;
      /** The walked keysets that name the key which signed, in their order. */
      signers: readonly KeysetClaims[];
    }
  | { ok: false; code: "TOO_LARGE" | "MALFORMED" | "WRONG_TYPE" | "UNKNOWN_KEY" | "BAD_SIGNATURE" };

/**
 * A compact JWS as evidence: signed at some time by a policy key of some walked keyset, expired ones and those of an older
 * epoch too. What was signed stays signed, so no clock is asked. Judged in the order of spec §4; never throws for
 * hostile input.
 */
export function verifySigned(
  jws: string,
  options: {
    /** Each `typ` that will do, and the largest payload of it in bytes. */
    types: Readonly<Record<string, number>>;
    keysets: readonly KeysetClaims[];
    crypto: CryptoPort;
  },
): SignedText {
  const { types, keysets, crypto } = options;
  const opened = openEnvelope(jws, Math.max(...Object.values(types)));
  if (!opened.ok) return opened;
  const { header, payload, signature, signingInput } = opened.envelope;
  const bytesMax = Object.hasOwn(types, header.typ) ? types[header.typ] : undefined;
  if (bytesMax === undefined) return { ok: false, code: "WRONG_TYPE" };
  if (payload.length > bytesMax) return { ok: false, code: "TOO_LARGE" };
  const named = keysets.flatMap((keyset) =>
    keyset.keys.filter(({ kid }) => kid === header.kid).map(({ jwk }) => ({ keyset, jwk })),
  );
  if (named.length === 0) return { ok: false, code: "UNKNOWN_KEY" };
  // A key that stands in many keysets is tried once.
  const isSigner = new Map<string, boolean>();
  for (const { jwk } of named) {
    const point = pointOf(jwk);
    if (!isSigner.has(point)) isSigner.set(point, crypto.verify(jwk, signingInput, signature));
  }
  const signers = named.filter(({ jwk }) => isSigner.get(pointOf(jwk)) === true).map(({ keyset }) => keyset);
  return signers.length === 0
    ? { ok: false, code: "BAD_SIGNATURE" }
    : { ok: true, typ: header.typ, payload, signers: [...new Set(signers)] };
}

const pointOf = ({ x, y }: PublicJwk): string => `${x}.${y}`;
