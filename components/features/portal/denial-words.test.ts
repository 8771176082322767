import { expect, test } from "vitest";
import { API_CODES, EGRESS_CODES, HOST_CODES } from "@/native/core/codes";
import { denialWords } from "./denial-words";

test("every code says what happens to what, and what its developers can do", () => {
  for (const code of [...API_CODES, ...HOST_CODES, ...EGRESS_CODES]) {
    const { happens, remedy } = denialWords(code, "host");
    expect(happens.split("{target}")).toHaveLength(2);
    expect(remedy).toMatch(/\.$/);
  }
});

test("what is declared and not granted is not to be declared", () => {
  expect(denialWords("PERMISSION_DENIED", "manifest").remedy).toContain("Declare it");
  expect(denialWords("PERMISSION_DENIED", "grant").remedy).toContain("It is declared");
});

test("a code that no list has is not taken for one", () => {
  for (const code of ["", "toString", "__proto__", "MADE_UP"]) {
    expect(denialWords(code, "host").remedy).toBe("Read the checks of the denial.");
  }
});
