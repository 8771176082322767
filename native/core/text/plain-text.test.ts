import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWellFormed } from "../decide/utf8-length";
import { boundText, isPlainText, isPlainValue, showActing } from "./plain-text";

describe("plain text", () => {
  it.each([
    ["Harbor Bank", true],
    ["港湾銀行", true],
    ["بنك الميناء", true],
    ["Zoë 😀", true],
    ["a\u202eb", false],
    ["a\u2066b", false],
    ["a\u200bb", false],
    ["a\u001b[2J", false],
    ["a\nb", false],
    ["a\u2028b", false],
    ["a\ud83d", false],
    ["a\u{e0041}", false],
  ])("%j: %j", (text, isPlain) => {
    expect(isPlainText(text)).toBe(isPlain);
  });

  it("is asked of everything within a value", () => {
    expect(isPlainValue({ a: ["b", { c: 1, d: null }] })).toBe(true);
    expect(isPlainValue({ a: ["b", { c: "\u202e" }] })).toBe(false);
    expect(isPlainValue({ "\u202e": 1 })).toBe(false);
  });

  it("is what any text becomes once what acts in it is shown", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => isPlainText(showActing(text))));
    expect(showActing("a\u202eb\n\u001b", "\n")).toBe("a\\u{202e}b\n\\u{1b}");
  });
});

describe("a bounded text", () => {
  it("is well-formed, within its bound, and whole where it fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, unitsMax) => {
        const bounded = boundText(text, unitsMax);
        expect(bounded.length).toBeLessThanOrEqual(unitsMax);
        expect(isWellFormed(bounded)).toBe(true);
        expect(text.startsWith(bounded)).toBe(true);
        if (text.length <= unitsMax) expect(bounded).toBe(text);
      }),
    );
    expect(boundText(`${"a".repeat(127)}😀`, 128)).toBe("a".repeat(127));
    expect(boundText("a\ud83d", 128)).toBe("a\ufffd");
  });
});
