import fc from "fast-check";
import { describe, expect, it } from "vitest";
import data from "../../catalog/name-folding.json" with { type: "json" };
import { nameIdentity } from "./name-folding";

const hex = (text: string) => Number.parseInt(text, 16);
const textOf = (points: string) => String.fromCodePoint(...points.split("+").map(hex));
const foldings = new Map(data.foldings.split(" ").map((pair) => pair.split("=").map(textOf) as [string, string]));
const ranges = data.assigned.split(" ").map((range) => {
  const [first = "", last = first] = range.split("-");
  return [hex(first), hex(last)] as const;
});

/** By the language's own NFC: what the table's version assigns is composed alike by every later one. */
function expected(name: string): string {
  return Array.from(name.normalize("NFC"), (character) => foldings.get(character) ?? character)
    .join("")
    .normalize("NFC");
}

describe("a name's identity", () => {
  it("is that of every character of the table's version, by a language of the same or a later one", () => {
    const odd: string[] = [];
    for (const [first, last] of ranges) {
      for (let point = first; point <= last; point += 1) {
        const character = String.fromCodePoint(point);
        if (nameIdentity(character) !== expected(character)) odd.push(point.toString(16));
      }
    }
    expect(odd).toEqual([]);
  });

  it("is that of any name of characters that decompose, compose, fold or are marks", () => {
    const interesting = [data.decompositions, data.compositions, data.foldings]
      .flatMap((list) => list.split(/[ =+]/))
      .map((point) => String.fromCodePoint(hex(point)));
    const marks = data.combiningClasses.split(" ").map((run) => String.fromCodePoint(hex(run.split(/[-=]/)[0] ?? "")));
    const hangul = fc.integer({ min: 0, max: 0x2ba3 }).map((at) => String.fromCodePoint(0xac00 + at));
    const jamo = fc.integer({ min: 0x1100, max: 0x11ff }).map((point) => String.fromCodePoint(point));
    // Few enough that marks meet letters that they compose with, and marks that keep them apart.
    const few = fc.constantFrom(..."aAeq\u0305\u0301\u0323\u0327\u0345\u1100\u1161\u11a8\uac00");
    const piece = fc.oneof(
      { arbitrary: few, weight: 4 },
      fc.constantFrom(...interesting),
      fc.constantFrom(...marks),
      hangul,
      jamo,
      fc.constant("a/"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const name = pieces.join("");
        expect(nameIdentity(name)).toBe(expected(name));
        expect(nameIdentity(name.normalize("NFD"))).toBe(expected(name));
      }),
      { numRuns: 2000 },
    );
  });

  it("is none where a character is newer than the table, no character, or half of one", () => {
    for (const name of ["\u1c89", "\u{1ccd6}", "\ufdd0", "\u{10ffff}", "\ud83d"]) {
      expect(nameIdentity(`a/${name}`)).toBeUndefined();
    }
    expect(nameIdentity("\ue000\u{1fae8}")).toBe("\ue000\u{1fae8}");
  });
});
