import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileParameters } from "./call-parameters";
import { isWellFormed, utf8Length } from "./utf8-length";

const accepts = (shape: Parameters<typeof compileParameters>[0][string], value: unknown) =>
  compileParameters({ member: shape }, [])({ member: value }) === undefined;

describe("parameters of a call (spec §3)", () => {
  it("are an object with its own members; what a schema does not name is not looked at", () => {
    const check = compileParameters({ key: { type: "string", minBytes: 1, maxBytes: 4 } }, ["key"]);
    expect(check({ key: "k", other: { deep: [] } })).toBeUndefined();
    for (const params of [undefined, {}, { key: undefined }, Object.create({ key: "k" })]) {
      expect(check(params)).toEqual({ at: "/key", seen: "nothing", wanted: "a text of 1 to 4 bytes" });
    }
    for (const params of [null, [], "key", 1]) expect(check(params)).toMatchObject({ at: "", wanted: "an object" });
    expect(compileParameters({}, [])(undefined)).toBeUndefined();
  });

  it("counts a text in bytes of UTF-8 and refuses lone surrogates", () => {
    const shape = { type: "string", minBytes: 1, maxBytes: 4 } as const;
    for (const text of ["a", "abcd", "\u20aca", "\u{1f600}"]) expect(accepts(shape, text), text).toBe(true);
    for (const text of ["", "abcde", "\u20acab", "\u{1f600}a", "\ud800", 1, null, ["a"]]) {
      expect(accepts(shape, text)).toBe(false);
    }
  });

  it("takes only listed words, whole numbers in range, true or false", () => {
    expect(accepts({ type: "string", oneOf: ["GET"] }, "GET")).toBe(true);
    expect(accepts({ type: "string", oneOf: ["GET"] }, "get")).toBe(false);
    const number = { type: "integer", min: 1, max: 5 } as const;
    for (const value of [1, 5]) expect(accepts(number, value)).toBe(true);
    for (const value of [0, 6, 1.5, Number.NaN, "1", true]) expect(accepts(number, value)).toBe(false);
    expect(accepts({ type: "boolean" }, false)).toBe(true);
    expect(accepts({ type: "boolean" }, 0)).toBe(false);
  });

  it("takes a body of text or bytes up to its bound", () => {
    const shape = { type: "body", maxBytes: 3 } as const;
    for (const body of ["", "abc", "\u20ac", new Uint8Array(3)]) expect(accepts(shape, body)).toBe(true);
    for (const body of ["abcd", "\u20aca", new Uint8Array(4), [1], {}, 1]) expect(accepts(shape, body)).toBe(false);
  });

  it("refuses the host's own headers in any letter case, and values that could end a line", () => {
    const headers = (fields: unknown) => accepts({ type: "headers", maxItems: 2 }, fields);
    for (const name of [
      "Host",
      "content-length",
      "Connection",
      "TRANSFER-ENCODING",
      "upgrade",
      "Proxy-X",
      "proxy-",
      "a b",
      "",
      "a:",
      "\u00fc",
    ]) {
      expect(headers({ [name]: "1" }), name).toBe(false);
    }
    for (const value of ["a\r\nb", "a\nb", "a\0", " a", "a ", "\u20ac", 1, null])
      expect(headers({ x: value })).toBe(false);
    expect(headers({ Accept: "a/b, */*;q=0.1", "x-y": "" })).toBe(true);
    expect(headers({ a: "1", b: "2", c: "3" })).toBe(false);
    expect(headers(["a"])).toBe(false);
  });

  it("are named by their place, with the kind that is there and what would fit, and never by their value", () => {
    const check = compileParameters(
      {
        text: { type: "string", minBytes: 1, maxBytes: 4 },
        word: { type: "string", oneOf: ["GET", "PUT"] },
        number: { type: "integer", min: 1, max: 5 },
        truth: { type: "boolean" },
        body: { type: "body", maxBytes: 3 },
        headers: { type: "headers", maxItems: 2 },
        list: { type: "list", items: { type: "integer", min: 1, max: 5 }, maxItems: 2 },
      },
      [],
    );
    const field = "a field of the program's own, named by a token of 1 to 256 characters";
    const fieldValue = "a text of at most 8192 visible characters, with blanks within it alone";
    for (const [params, at, seen, wanted] of [
      [{ text: "s3cret" }, "/text", "a text of 6 bytes", "a text of 1 to 4 bytes"],
      [{ text: "\ud800" }, "/text", "a text that is not well-formed", "a text of 1 to 4 bytes"],
      [{ text: null }, "/text", "null", "a text of 1 to 4 bytes"],
      [{ word: "POST" }, "/word", "a text of 4 bytes", "one of GET, PUT"],
      [{ number: 6 }, "/number", "a number", "a whole number from 1 to 5"],
      [{ truth: {} }, "/truth", "an object", "true or false"],
      [{ body: new Uint8Array(4) }, "/body", "4 bytes", "a text or bytes, 3 bytes at most"],
      [{ headers: [] }, "/headers", "a list of 0", "an object of at most 2 fields"],
      [{ headers: { a: "", b: "", c: "" } }, "/headers", "an object of 3", "an object of at most 2 fields"],
      [{ headers: { "x-a": "ok", HOST: "x" } }, "/headers/HOST", "a field that is the host's own", field],
      [{ headers: { "a/b": "x" } }, "/headers/a~1b", "no name of a field", field],
      [{ headers: { "x-a": "a\r\nb" } }, "/headers/x-a", "a text of 4 bytes", fieldValue],
      [{ list: [1, 2, 3] }, "/list", "a list of 3", "a list of at most 2"],
      [{ list: [1, true] }, "/list/1", "true or false", "a whole number from 1 to 5"],
    ] as const) {
      expect(check(params)).toEqual({ at, seen, wanted });
    }
  });

  it("holds every item of a list to its schema", () => {
    const shape = { type: "list", items: { type: "string", maxBytes: 9 }, maxItems: 2 } as const;
    expect(accepts(shape, ["a", "b"])).toBe(true);
    for (const list of [["a", "b", "c"], ["a", 1], "a", { 0: "a", length: 1 }])
      expect(accepts(shape, list)).toBe(false);
  });

  it("measures any text as an encoder does", () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("", "\ud800", "\udc00", "\ud800\ud800\udc00"),
        (text, odd) => {
          expect(utf8Length(text + odd)).toBe(encoder.encode(text + odd).length);
          expect(isWellFormed(text + odd)).toBe(
            new TextDecoder().decode(encoder.encode(text + odd)) === (text + odd).replace(/^\ufeff/, ""),
          );
        },
      ),
    );
  });
});
