import { fromBase64Url } from "../crypto/encoding";

/** Bytes of padded base64 in its one spelling (RFC 4648 §4); undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  const unpadded = text.replace(/={1,2}$/, "");
  if (text.length % 4 !== 0 || text.length - unpadded.length !== (4 - (unpadded.length % 4)) % 4) return undefined;
  if (/[-_]/.test(unpadded)) return undefined;
  return fromBase64Url(unpadded.replaceAll("+", "-").replaceAll("/", "_"));
}
