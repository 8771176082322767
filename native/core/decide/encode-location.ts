import { utf8Bytes } from "../crypto/encoding";

/** Scheme and authority of a reference, in which nothing is encoded (RFC 3986, Appendix B). */
const BEFORE_PATH = /^(?:[^:/?#]+:)?(?:\/\/[^/?#]*)?/;
/** Upper case, as RFC 3986 §2.1 asks of whoever makes them. */
const HEX = "0123456789ABCDEF";
/** A lone surrogate has no bytes and stays, for the decision to refuse. */
const BEYOND_ASCII = /[^\0-\x7f\ud800-\udfff]/gu;

/**
 * A `Location` whose path, query and fragment are ASCII: every byte above 0x7F is percent-encoded as it was received
 * (spec 5.13). Bytes stay bytes, whatever their encoding; a text's are those of UTF-8. Scheme and authority are left as
 * they are, for hosts are strict.
 */
export function encodeLocation(location: string | Uint8Array): string {
  const isText = typeof location === "string";
  const text = isText ? location : Array.from(location, (byte) => String.fromCharCode(byte)).join("");
  const start = BEFORE_PATH.exec(text)?.[0].length ?? 0;
  const encode = (char: string) => percent(isText ? utf8Bytes(char) : Uint8Array.of(char.charCodeAt(0)));
  return text.slice(0, start) + text.slice(start).replace(BEYOND_ASCII, encode);
}

function percent(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${HEX[byte >> 4]}${HEX[byte & 15]}`).join("");
}
