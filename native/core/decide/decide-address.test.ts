import { isIP, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import table from "../../catalog/special-purpose-addresses.json" with { type: "json" };
import { areAddressesPublic, decideAddress } from "./decide-address";
import { readIpAddress, readIpPrefix } from "./ip-address";

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();
const near = fc
  .constantFrom(...table.entries.map(({ prefix }) => prefix))
  .chain((prefix) => fc.tuple(fc.constant(prefix), fc.bigInt({ min: -3n, max: 3n }), fc.boolean()))
  .map(([prefix, offset, atEnd]) => textOf(prefix, offset, atEnd));
const address = fc.oneof(ipv4, ipv6, near);

type Number = { value: bigint; bits: 32 | 128 };

function toNumber(text: string): Number {
  const groups = readIpAddress(text)?.groups ?? [];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  return { value, bits: groups.length === 2 ? 32 : 128 };
}

/** The first or last address of a prefix, moved by an offset. */
function textOf(prefix: string, offset: bigint, atEnd: boolean): string {
  const [base = "", length = "0"] = prefix.split("/");
  const { value, bits } = toNumber(base);
  const size = 1n << BigInt(bits - Number(length));
  const moved = BigInt.asUintN(bits, value + (atEnd ? size - 1n : 0n) + offset);
  const count = bits === 32 ? 4 : 8;
  const width = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: count }, (_, index) =>
    Number((moved >> (width * BigInt(count - 1 - index))) & ((1n << width) - 1n)),
  );
  return bits === 32 ? parts.join(".") : parts.map((part) => part.toString(16)).join(":");
}

/** Spec §5 Address a second time, in whole numbers and without the order of the table. */
function naiveIsPublic(text: string): boolean {
  const { value, bits } = toNumber(text);
  const lies = (prefix: string) => {
    const [base = "", length = "0"] = prefix.split("/");
    const other = toNumber(base);
    const shift = BigInt(bits - Number(length));
    return other.bits === bits && value >> shift === other.value >> shift;
  };
  if (lies("224.0.0.0/4") || lies("ff00::/8") || lies("::ffff:0:0/96")) return false;
  if (lies("64:ff9b::/96")) {
    const inside = value & 0xffffffffn;
    return naiveIsPublic([24n, 16n, 8n, 0n].map((shift) => (inside >> shift) & 255n).join("."));
  }
  let best: { length: number; reachable: string } | undefined;
  for (const { prefix, globallyReachable } of table.entries) {
    const length = Number(prefix.split("/")[1]);
    if (lies(prefix) && (best === undefined || length > best.length)) best = { length, reachable: globallyReachable };
  }
  if (best !== undefined) return best.reachable === "true";
  return bits === 32 || lies("2000::/3");
}

describe("address decision (spec §5, Address)", () => {
  it("agrees with a slow reading of the clause, above all at the edges of every block", () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(decideAddress(text).decision).toBe(naiveIsPublic(text) ? "allow" : "deny");
      }),
      { numRuns: 1200 },
    );
  });

  it("reads no text as an address that the system's own reader refuses", () => {
    const text = fc.oneof(
      fc
        .array(fc.constantFrom("1", "0", "255", "256", "ffff", "g", ".", ":", "::", "%", " ", "0x", "-"), {
          maxLength: 16,
        })
        .map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
      address,
    );
    fc.assert(
      fc.property(text, (candidate) => {
        const read = readIpAddress(candidate);
        if (read === undefined) expect(decideAddress(candidate).code).toBe("ADDRESS_NOT_PUBLIC");
        else expect(isIP(candidate)).toBe(read.version);
      }),
      { numRuns: 1200 },
    );
  });

  it("reads every strict spelling that the system's own reader takes", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        if (isIP(text) !== 0 && !text.includes("%")) expect(readIpAddress(text)?.version).toBe(isIPv4(text) ? 4 : 6);
      }),
    );
  });

  it("takes one bad answer among several, or none at all, for not public", () => {
    expect(areAddressesPublic(["93.184.216.34", "2606:4700::1111"])).toBe(true);
    expect(areAddressesPublic(["93.184.216.34", "127.0.0.1"])).toBe(false);
    expect(areAddressesPublic([])).toBe(false);
  });

  it("has a table whose prefixes can all be read and stand once", () => {
    for (const { prefix } of table.entries) expect(readIpPrefix(prefix), prefix).toBeDefined();
    expect(new Set(table.entries.map(({ prefix }) => prefix)).size).toBe(table.entries.length);
  });
});
