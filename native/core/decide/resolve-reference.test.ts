import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveReference } from "./resolve-reference";

const BASE = "https://a.test/b/c/d;p?q";

describe("joining a Location (RFC 3986 §5.2)", () => {
  it.each([
    ["g", "https://a.test/b/c/g"],
    ["./g", "https://a.test/b/c/g"],
    ["g/", "https://a.test/b/c/g/"],
    ["/g", "https://a.test/g"],
    ["//g", "https://g"],
    ["?y", "https://a.test/b/c/d;p?y"],
    ["g?y", "https://a.test/b/c/g?y"],
    ["#s", "https://a.test/b/c/d;p?q#s"],
    ["g?y#s", "https://a.test/b/c/g?y#s"],
    [";x", "https://a.test/b/c/;x"],
    ["", "https://a.test/b/c/d;p?q"],
    [".", "https://a.test/b/c/"],
    ["..", "https://a.test/b/"],
    ["../g", "https://a.test/b/g"],
    ["../..", "https://a.test/"],
    ["../../../g", "https://a.test/g"],
    ["/../g", "https://a.test/g"],
    ["g.", "https://a.test/b/c/g."],
    ["..g", "https://a.test/b/c/..g"],
    ["./g/.", "https://a.test/b/c/g/"],
    ["g/../h", "https://a.test/b/c/h"],
    ["g?y/../x", "https://a.test/b/c/g?y/../x"],
    ["https:g", "https:g"],
    ["ftp://x/../y", "ftp://x/y"],
  ])("%j becomes %s", (reference, joined) => {
    expect(resolveReference(BASE, reference)).toBe(joined);
  });

  it("joins to the root where the base has no path", () => {
    expect(resolveReference("https://a.test", "g")).toBe("https://a.test/g");
    expect(resolveReference("https://a.test?q", "g")).toBe("https://a.test/g");
  });

  it("never throws, and never moves a path to another origin", () => {
    const path = fc
      .array(fc.constantFrom("..", ".", "a", "", "%2e%2e", ";", "a:b"), { maxLength: 8 })
      .map((parts) => `/x/${parts.join("/")}`);
    fc.assert(
      fc.property(path, (reference) => {
        expect(resolveReference(BASE, reference)).toMatch(/^https:\/\/a\.test\//);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (base, reference) => {
        expect(typeof resolveReference(base, reference)).toBe("string");
      }),
    );
  });

  it("joins plain URLs as another reader of the standard does", () => {
    const segment = fc.constantFrom("a", "b.c", "..", ".", "", "d;e");
    const reference = fc
      .tuple(
        fc.constantFrom("", "/"),
        fc.array(segment, { maxLength: 6 }),
        fc.constantFrom("", "?q", "?"),
        fc.constantFrom("", "#f"),
      )
      .map(([root, segments, query, fragment]) => root + segments.join("/") + query + fragment)
      .filter((text) => !text.startsWith("//"));
    fc.assert(
      fc.property(reference, (text) => {
        const ours = resolveReference(BASE, text);
        // Empty queries are told apart by the RFC and kept by both; only the other's normal form is compared.
        expect(new URL(ours).href).toBe(new URL(text, BASE).href);
      }),
      { numRuns: 3000 },
    );
  });
});
