import { describe, expect, it } from "vitest";
import { checkClosedLists } from "./check-closed-lists";

const CODES = [{ at: "lib/codes.ts", list: "CODES" }] as const;
const list = { file: "lib/codes.ts", source: 'export const CODES = [\n  "A_B",\n  "C",\n] as const;\n' };

describe("every entry of a closed list", () => {
  it("is named by a source beside the list", () => {
    const uses = { file: "lib/x.ts", source: 'refuse("A_B");' };
    expect(checkClosedLists([list, uses], CODES)).toEqual(['lib/codes.ts: nothing uses "C" of CODES']);
    expect(checkClosedLists([list, uses, { file: "lib/y.ts", source: 'refuse("C");' }], CODES)).toEqual([]);
    expect(checkClosedLists([{ ...list, source: `${list.source}no("A_B", "C");` }], CODES)).toEqual([]);
  });

  it("is not saved by a test, a comment, or a table that sorts the list again", () => {
    const source = `${list.source}const BY = {\n  x: ["A_B", "C"],\n};\n// "A_B"\n`;
    const others = ["lib/x.test.ts", "lib/testing/x.ts", "e2e/x.ts"].map((file) => ({
      file,
      source: 'no("A_B", "C")',
    }));
    expect(checkClosedLists([{ ...list, source }, ...others], [{ ...CODES[0], tables: ["BY"] }])).toHaveLength(2);
  });

  it("is a key where the list is a table, and stands on one line or on many", () => {
    const table = 'const CODES: Record<string, X> = {\n  a: { code: "C", what: "c" },\n  "b-c": { code: "D" },\n};\n';
    expect(checkClosedLists([{ ...list, source: table }], CODES)).toEqual([
      'lib/codes.ts: nothing uses "a" of CODES',
      'lib/codes.ts: nothing uses "b-c" of CODES',
    ]);
    expect(checkClosedLists([{ ...list, source: 'const CODES = ["A", "B"] as const;' }], CODES)).toHaveLength(2);
  });

  it("is looked for: a list that is not there any more is a fault", () => {
    expect(checkClosedLists([{ ...list, source: "const OTHER = [1];" }], CODES)).toHaveLength(1);
  });
});
