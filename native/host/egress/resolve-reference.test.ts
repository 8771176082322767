import { describe, expect, it } from "vitest";
import { resolveReference } from "./resolve-reference";

const BASE = "http://a/b/c/d;p?q";

/** RFC 3986 §5.4.1 and §5.4.2, without fragments. */
const CASES: readonly [string, string][] = [
  ["g:h", "g:h"],
  ["g", "http://a/b/c/g"],
  ["./g", "http://a/b/c/g"],
  ["g/", "http://a/b/c/g/"],
  ["/g", "http://a/g"],
  ["//g", "http://g"],
  ["?y", "http://a/b/c/d;p?y"],
  ["g?y", "http://a/b/c/g?y"],
  ["#s", "http://a/b/c/d;p?q"],
  ["g#s", "http://a/b/c/g"],
  [";x", "http://a/b/c/;x"],
  ["", "http://a/b/c/d;p?q"],
  [".", "http://a/b/c/"],
  ["./", "http://a/b/c/"],
  ["..", "http://a/b/"],
  ["../", "http://a/b/"],
  ["../g", "http://a/b/g"],
  ["../..", "http://a/"],
  ["../../g", "http://a/g"],
  ["../../../g", "http://a/g"],
  ["../../../../g", "http://a/g"],
  ["/./g", "http://a/g"],
  ["/../g", "http://a/g"],
  ["g.", "http://a/b/c/g."],
  ["..g", "http://a/b/c/..g"],
  ["./../g", "http://a/b/g"],
  ["./g/.", "http://a/b/c/g/"],
  ["g/../h", "http://a/b/c/h"],
  ["g;x=1/../y", "http://a/b/c/y"],
  ["g?y/../x", "http://a/b/c/g?y/../x"],
];

describe("a Location is joined as RFC 3986 joins references", () => {
  it.each(CASES)("%s", (reference, expected) => {
    expect(resolveReference(BASE, reference)).toBe(expected);
  });

  it("repairs nothing: the decision sees what the server wrote", () => {
    expect(resolveReference("https://a.test/", "https://a.test\\@evil.test/")).toBe("https://a.test\\@evil.test/");
    expect(resolveReference("https://a.test/", "HTTPS://A.test:0443/%2e%2e/x")).toBe("HTTPS://A.test:0443/%2e%2e/x");
  });
});
