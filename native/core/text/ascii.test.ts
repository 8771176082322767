import { expect, it } from "vitest";
import { lowerAscii, trimBlanks } from "./ascii";

it("only the letters of ASCII are lowered, and only spaces and tabs are blanks", () => {
  expect(lowerAscii("AZ[@`az-0 \u212a\u0130\u00c9")).toBe("az[@`az-0 \u212a\u0130\u00c9");
  expect(trimBlanks("\t a b \t")).toBe("a b");
  expect(trimBlanks(" \t ")).toBe("");
  expect(trimBlanks("\u00a0a\ufeff\n")).toBe("\u00a0a\ufeff\n");
});
