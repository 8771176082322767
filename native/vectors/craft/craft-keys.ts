import { fromBase64Url, toBase64Url } from "../../core/crypto/encoding";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** The same bytes in another text: the last character's unused bits, which a lenient reader drops. */
export function respell(base64url: string): string {
  const last = ALPHABET.indexOf(base64url.at(-1) ?? "");
  return base64url.slice(0, -1) + ALPHABET.charAt(last ^ 1);
}

/** A coordinate's bytes without the first one, or with one more before it. */
export function resize(coordinate: string, by: -1 | 1): string {
  const bytes = fromBase64Url(coordinate) ?? new Uint8Array(32);
  return toBase64Url(by === 1 ? Uint8Array.of(0, ...bytes) : bytes.subarray(1));
}

/** A point whose `x` is small enough that `x` plus the prime is another text of 32 bytes; that text is its `x`. */
export function pointBeyondField(): { kty: string; crv: string; x: string; y: string } {
  for (let x = 1n; ; x += 1n) {
    const square = (x * x * x - 3n * x + B + 3n * P) % P;
    const y = power(square, (P + 1n) / 4n);
    if ((y * y) % P === square) return { kty: "EC", crv: "P-256", x: coordinate(x + P), y: coordinate(y) };
  }
}

function coordinate(value: bigint): string {
  return toBase64Url(Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex")));
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bit = exponent, square = base; bit > 0n; bit >>= 1n, square = (square * square) % P) {
    if (bit & 1n) result = (result * square) % P;
  }
  return result;
}
