const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The bytes behind lower-case unpadded base32 (RFC 4648 §6), or undefined for what no encoder writes. */
function decodeBase32(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return bits >= 5 || (value & ((1 << bits) - 1)) !== 0 ? undefined : Uint8Array.from(bytes);
}

/** The key that a file of the storage stands for, or undefined where the name is not one of ours (spec §5, Storage). */
export function keyOfFileName(name: string): string | undefined {
  if (!name.startsWith("k")) return undefined;
  const bytes = decodeBase32(name.slice(1));
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
