import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfFileName } from "./key-name";

/** A plain reading of RFC 4648 §6 by bits, to hold the decoder against. */
function encode(key: string): string {
  const bits = [...new TextEncoder().encode(key)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

describe("the key behind a file's name", () => {
  it("is the key that was written", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 32, unit: "grapheme" }), (key) => {
        expect(keyOfFileName(`k${encode(key)}`)).toBe(key);
      }),
    );
  });

  it.each(["", "k", "x", "kA", "k1", "k../x", "kb", "kmz", "ka=", "k7777"])(
    "is none for %j, which no writer makes",
    (name) => {
      expect(keyOfFileName(name)).toBeUndefined();
    },
  );
});
