import { describe, expect, it } from "vitest";
import { AUDIT_PROBLEMS } from "../audit/problems";
import { BUNDLE_CODES, DENIAL_CODES, DOCUMENT_CODES, MANIFEST_ISSUE_CODES } from "../codes";
import { type ErrorList, errorPages, pagesOf } from "./error-pages";

const codesOf = (list: ErrorList) =>
  errorPages()
    .filter((page) => page.list === list)
    .map(({ code }) => code)
    .sort();
const refusals = (codes: readonly string[]) => codes.filter((code) => code !== "ACCEPTED").sort();

describe("what is told of a code", () => {
  it.each([
    ["denial", DENIAL_CODES],
    ["manifest", MANIFEST_ISSUE_CODES],
    ["document", DOCUMENT_CODES],
    ["bundle", BUNDLE_CODES],
    ["audit", Object.keys(AUDIT_PROBLEMS)],
  ] as const)("is there for each refusal of the list of %s, and for nothing else", (list, codes) => {
    expect(codesOf(list)).toEqual(refusals(codes));
  });

  it("is whole sentences: what it means and how it is mended", () => {
    for (const { code, means, how } of errorPages()) {
      for (const text of [means, how]) expect([code, text]).toEqual([code, expect.stringMatching(/^[A-Za-z].*[.?]$/)]);
      expect(`${means}${how}`).not.toContain("{");
    }
  });

  it("is told once for each list that has the code, by its exact letters", () => {
    expect(pagesOf("TOO_LARGE").map(({ list }) => list)).toEqual(["document", "command"]);
    expect(pagesOf("conflict").map(({ list }) => list)).toEqual(["http"]);
    expect(pagesOf("CONFLICT").map(({ list }) => list)).toEqual(["document"]);
    expect(pagesOf("constructor")).toEqual([]);
  });
});
