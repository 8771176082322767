const INTEGER = 0x02;
const SEQUENCE = 0x30;
const COORDINATE_BYTES = 32;

/**
 * `r‖s` (64 bytes) of an ECDSA signature in DER: one SEQUENCE of two positive INTEGERs in their shortest form, nothing
 * before, between or after. Undefined for any other spelling (spec §2, Signature).
 */
export function p1363FromDer(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length > 72) return undefined;
  const r = readInteger(der, 2);
  if (r === undefined) return undefined;
  const s = readInteger(der, r.end);
  if (s === undefined || s.end !== der.length) return undefined;
  const signature = new Uint8Array(COORDINATE_BYTES * 2);
  signature.set(r.value, COORDINATE_BYTES - r.value.length);
  signature.set(s.value, COORDINATE_BYTES * 2 - s.value.length);
  return signature;
}

/** The one DER spelling of a signature of 64 bytes. */
export function derFromP1363(signature: Uint8Array): Uint8Array {
  const body = [
    ...integerBytes(signature.subarray(0, COORDINATE_BYTES)),
    ...integerBytes(signature.subarray(COORDINATE_BYTES)),
  ];
  return Uint8Array.of(SEQUENCE, body.length, ...body);
}

function readInteger(der: Uint8Array, start: number): { value: Uint8Array; end: number } | undefined {
  const length = der[start + 1];
  const first = der[start + 2];
  if (der[start] !== INTEGER || length === undefined || first === undefined || length === 0) return undefined;
  const end = start + 2 + length;
  if (end > der.length || first >= 0x80) return undefined;
  const padded = first === 0 && length > 1;
  if (padded && (der[start + 3] ?? 0) < 0x80) return undefined;
  const value = der.subarray(start + 2 + (padded ? 1 : 0), end);
  return value.length <= COORDINATE_BYTES ? { value, end } : undefined;
}

function integerBytes(coordinate: Uint8Array): number[] {
  let start = 0;
  while (start < coordinate.length - 1 && coordinate[start] === 0) start += 1;
  const digits = [...coordinate.subarray(start)];
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [INTEGER, digits.length, ...digits];
}
