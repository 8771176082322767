/** An address as 16-bit groups: two for IPv4, eight for IPv6. */
export type IpAddress = { version: 4 | 6; groups: readonly number[] };

/**
 * Reads strict dotted decimal or the text forms of RFC 4291 §2.2 without a zone (spec §5, Address). Undefined for
 * anything else: shortened, octal or hexadecimal forms, leading zeros, brackets, spaces.
 */
export function readIpAddress(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined;
  return text.includes(":") ? readIpv6(text) : readIpv4(text);
}

function readIpv4(text: string): IpAddress | undefined {
  const groups = readDottedDecimal(text);
  return groups === undefined ? undefined : { version: 4, groups };
}

const DOTTED = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

function readDottedDecimal(text: string): [number, number] | undefined {
  const match = DOTTED.exec(text);
  if (match === null) return undefined;
  const [a = 256, b = 256, c = 256, d = 256] = match.slice(1).map(readOctet);
  return a > 255 || b > 255 || c > 255 || d > 255 ? undefined : [a * 256 + b, c * 256 + d];
}

/** 256 for a text with a leading zero, which some readers take for octal. */
function readOctet(digits: string): number {
  return digits.length > 1 && digits.startsWith("0") ? 256 : Number(digits);
}

function readIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf("::");
  if (gap === -1) {
    const groups = readGroups(text, true);
    return groups?.length === 8 ? { version: 6, groups } : undefined;
  }
  if (text.includes("::", gap + 1)) return undefined;
  const head = readGroups(text.slice(0, gap), false);
  const tail = readGroups(text.slice(gap + 2), true);
  // "::" stands for one group of zeros or more.
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  return { version: 6, groups: [...head, ...zeros, ...tail] };
}

/** Groups between colons; the last may be dotted decimal where the address ends. */
function readGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const dotted = isEnd && index === parts.length - 1 ? readDottedDecimal(part) : undefined;
    if (dotted !== undefined) groups.push(...dotted);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

export type IpPrefix = IpAddress & { length: number };

/** Reads `address/length`; undefined for anything else. */
export function readIpPrefix(text: string): IpPrefix | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const ip = readIpAddress(address);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return Number(length) > ip.groups.length * 16 ? undefined : { ...ip, length: Number(length) };
}

/** Whether an address lies in a prefix of its own version. */
export function isInPrefix(address: IpAddress, prefix: IpPrefix): boolean {
  if (address.version !== prefix.version) return false;
  for (const [index, group] of prefix.groups.entries()) {
    const bits = Math.min(16, prefix.length - index * 16);
    if (bits <= 0) return true;
    const mask = (0xffff << (16 - bits)) & 0xffff;
    if (((address.groups[index] ?? -1) & mask) !== (group & mask)) return false;
  }
  return true;
}
