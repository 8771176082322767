/**
 * Whom an address stands for when tries are counted: itself, and of IPv6 its first 64 bits, since whoever has one
 * address there has all of them. An IPv4 address inside an IPv6 one is that IPv4 address.
 */
export function addressBlock(address: string): string {
  // A zone is no part of it, and the URL parser writes what is left in its one shortest form.
  const literal = `http://[${address.replace(/%.*$/, "")}]/`;
  if (!URL.canParse(literal)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const text = new URL(literal).hostname.slice(1, -1);
  const [head = "", tail = ""] = text.split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const zeros = Array<string>(Math.max(0, 8 - groups(head).length - groups(tail).length)).fill("0");
  return `${[...groups(head), ...zeros, ...groups(tail)].slice(0, 4).join(":")}::/64`;
}
