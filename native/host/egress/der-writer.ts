/** Writes the few DER forms that a certificate needs (X.690). Every function returns one complete element. */

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => element(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => element(0x31, ...items);
export const octetString = (content: Uint8Array): Buffer => element(0x04, content);
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  element(0x03, Buffer.from([unusedBits]), content);
export const utf8String = (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8"));
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0x00]));
/** `[number]` around complete elements. */
export const explicit = (number: number, ...contents: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...contents);
/** `[number]` in place of a primitive's own tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);

/** A non-negative INTEGER from big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const body = octets.subarray(start);
  return (body[0] ?? 0) >= 0x80 ? element(0x02, Buffer.from([0]), body) : element(0x02, body);
}

/** An OBJECT IDENTIFIER from dotted decimal. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const base128 = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      base128.unshift((left % 128) | 0x80);
    octets.push(...base128);
  }
  return element(0x06, Buffer.from(octets));
}

/** A time as RFC 5280 wants it: UTCTime through 2049, GeneralizedTime after. Milliseconds are cut off. */
export function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`));
}
