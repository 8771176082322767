import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvOf } from "./csv";

const column = [{ head: "text", of: (value: string | number | null) => value }];
const cellOf = (value: string | number | null) => csvOf(column, [value], []).slice("text\r\n".length, -2);

describe("a file of comma-separated values", () => {
  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "  =1", "\t=1", "\r\n=1", "\u00a0=1"])(
    "has no cell that a spreadsheet would reckon: %j",
    (text) => {
      expect(cellOf(text).replace(/^"/, "").startsWith("'")).toBe(true);
    },
  );

  test("has none either where a reader ends cells with semicolons or tabs, whatever stands in quotes", () => {
    const parts = fc.constantFrom(
      "=",
      "+",
      "@",
      "|",
      "-",
      "＝",
      ";",
      "\t",
      ",",
      '"',
      "'",
      " ",
      "\u200b",
      "\n",
      "a",
      "1",
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (chosen) => {
        for (const cell of csvOf(column, [chosen.join("")], []).split(/[;\t\r\n]/)) {
          expect(cell.replace(/^["\s\u200b]+/, "")).not.toMatch(/^[=+\-@|＝]/);
        }
      }),
    );
  });

  test("keeps numbers as numbers, and text with commas, quotes and lines in one cell", () => {
    expect([cellOf(-1), cellOf(2 ** 53 - 1), cellOf(null), cellOf("")]).toEqual(["-1", "9007199254740991", "", ""]);
    expect(cellOf('a,"b"\nc')).toBe('"a,""b""\nc"');
    expect(cellOf("api.example.com:443")).toBe("api.example.com:443");
  });

  test("says below its rows what is to be known of them", () => {
    expect(csvOf(column, ["a"], ["Only 1 of 2."])).toBe("text\r\na\r\nOnly 1 of 2.\r\n");
  });
});
