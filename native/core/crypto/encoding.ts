const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** By code of the character; -1 for one that is no digit. */
const BASE64URL_VALUES = Int8Array.from({ length: 128 }, (_, code) => BASE64URL.indexOf(String.fromCharCode(code)));

export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of exactly these bytes, or undefined where they are not UTF-8. A BOM stays in the text (spec §2). */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/u.test(text);
}

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Bytes of an even number of hex digits of either case; undefined for anything else. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

/** Unpadded base64url, RFC 4648 §5. */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeGroups(bytes, 6, BASE64URL);
}

/** Bytes of canonical unpadded base64url: no padding, no other alphabet, unused bits zero (spec §4). */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = BASE64URL_VALUES[text.charCodeAt(index)] ?? -1;
    if (value < 0) return undefined;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length] = (buffer >> bits) & 0xff;
      length += 1;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** How many bytes unpadded base64url of this length holds, without looking at it. */
export function base64UrlByteLength(textLength: number): number {
  return Math.floor((textLength * 3) / 4);
}

/** Lower-case unpadded base32, RFC 4648 §6 (spec §5, Storage). */
export function toBase32(bytes: Uint8Array): string {
  return encodeGroups(bytes, 5, BASE32);
}

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Order of two texts by their UTF-8 bytes; JavaScript's own order is by UTF-16 units. */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    // The two orders differ where a unit is a surrogate or lies behind them.
    if (a !== b) return a < 0xd800 || b < 0xd800 ? a - b : compareBytes(utf8Bytes(left), utf8Bytes(right));
  }
  return left.length - right.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function encodeGroups(bytes: Uint8Array, width: number, alphabet: string): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  const mask = (1 << width) - 1;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= width) {
      bits -= width;
      text += alphabet.charAt((buffer >> bits) & mask);
    }
  }
  if (bits > 0) text += alphabet.charAt((buffer << (width - bits)) & mask);
  return text;
}
