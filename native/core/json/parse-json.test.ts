import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../crypto/encoding";
import { findJsonFault, parseJson, readJson } from "./parse-json";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("the JSON of documents", () => {
  it.each([
    ["a duplicate member", '{"a":1,"a":1}'],
    ["a duplicate member spelt by an escape", '{"a":1,"\\u0061":2}'],
    ["a duplicate __proto__", '{"__proto__":1,"__proto__":2}'],
    ["a fraction", "[1.0]"],
    ["an exponent", "[1e2]"],
    ["minus zero", "[-0]"],
    ["an integer past 2^53-1", "[9007199254740992]"],
    ["an integer below -(2^53-1)", "[-9007199254740992]"],
    ["a byte order mark", "\ufeff{}"],
    ["depth 33", nested(33)],
    ["text after the value", "{} {}"],
    ["a trailing comma", "[1,]"],
    ["a comment", "[1/**/]"],
    ["a raw control character", '["\u0001"]'],
    ["a raw lone surrogate", '["\ud800"]'],
    ["nothing", ""],
    ["white space that JSON does not know", "[1,\u00a02]"],
    ["a member name of Object.prototype as an escape", '["\\constructor"]'],
  ])("refuses %s", (_, text) => {
    expect(parseJson(text)).toEqual({ ok: false });
  });

  it("refuses bytes that are not UTF-8 and a BOM before good ones", () => {
    expect(parseJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).toEqual({ ok: false });
    expect(parseJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toEqual({ ok: false });
  });

  it.each([
    ['{\n  "a": 1,\n  "a": 2\n}', { why: "duplicate", line: 3, column: 8 }],
    ['{\n  "a": 1,\n}', { why: "syntax", line: 3, column: 1 }],
    ["[1.5]", { why: "number", line: 1, column: 5 }],
    [nested(33), { why: "depth", line: 1, column: 34 }],
    ["\ufeff{}", { why: "mark", line: 1, column: 1 }],
    ['["\ud800"]', { why: "bytes", line: 1, column: 1 }],
    ["{} {}", { why: "syntax", line: 1, column: 4 }],
    ["", { why: "syntax", line: 1, column: 1 }],
  ])("says of %j why, and where reading stopped", (text, fault) => {
    expect(findJsonFault(text)).toEqual(fault);
  });

  it("finds a fault in a text where it refuses it, and in no other", () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: fc.constantFrom(...'{}[]",:01-. \\"ae') }));
    fc.assert(fc.property(text, (given) => (findJsonFault(given) === null) === parseJson(given).ok));
    expect(findJsonFault(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))?.why).toBe("mark");
    expect(findJsonFault(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))?.why).toBe("bytes");
  });

  it("survives nesting that would overflow a stack", () => {
    expect(parseJson("[".repeat(200_000))).toEqual({ ok: false });
  });

  it("reads depth 32 and the largest integers", () => {
    expect(parseJson(nested(32)).ok).toBe(true);
    expect(parseJson("[9007199254740991,-9007199254740991,0]")).toEqual({
      ok: true,
      value: [9007199254740991, -9007199254740991, 0],
    });
  });

  it("keeps a member named __proto__ an ordinary member", () => {
    const parsed = parseJson('{"__proto__":{"isAdmin":true}}');
    expect(parsed.ok && Object.hasOwn(parsed.value as object, "__proto__")).toBe(true);
    expect((parsed.ok && parsed.value) as { isAdmin?: boolean }).not.toHaveProperty("isAdmin");
  });

  it("agrees with JSON.parse on whatever it accepts, and accepts what our own writers write", () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string({ unit: "binary" }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
      node: fc.oneof(
        { maxDepth: 6 },
        tie("leaf"),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: "binary" }), tie("node"), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(value, (given) => {
        const text = JSON.stringify(given);
        const parsed = parseJson(text);
        expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
        expect(parseJson(utf8Bytes(text))).toEqual(parsed);
      }),
    );
  });

  it("keeps an integer apart that is spelled with a fraction or an exponent, where it is asked to", () => {
    for (const spelled of ["1.0", "1e2", "10e-1", "-0", "-0.0", "9007199254740991.0"]) {
      const read = parseJson(spelled, { numbers: "spelled" });
      expect(read.ok && read.value, spelled).toBeInstanceOf(Number);
      expect(JSON.stringify(read.ok && read.value)).toBe(JSON.stringify(Number(spelled)));
      expect(parseJson(spelled, { numbers: "any" })).toEqual({ ok: true, value: Number(spelled) });
    }
    for (const plain of ["0", "-1", "1.5", "1e21", "9007199254740993", "0.1"]) {
      expect(parseJson(plain, { numbers: "spelled" })).toEqual({ ok: true, value: Number(plain) });
    }
    for (const numbers of ["integers", "any", "spelled"] as const) {
      for (const infinite of ["1e999", "-1e999", "NaN", "Infinity"]) {
        expect(parseJson(infinite, { numbers }).ok, infinite).toBe(false);
      }
    }
  });

  it("never throws, and never accepts what JSON.parse refuses", () => {
    const hostile = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123456789eE+-.tfn \n') }));
    fc.assert(
      fc.property(hostile, (text) => {
        const parsed = parseJson(text);
        if (parsed.ok) expect(JSON.parse(text)).toEqual(parsed.value);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a text that is read in pieces", () => {
  const hostile = fc.oneof(
    fc.json(),
    fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123456789eE+-.tfn \n') }),
    fc.json().map((text) => ` {"a\\n" : ${text} ,\n"b":"\\u0041"}`),
  );

  it("is what it is as a whole, wherever the pieces end", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 9 }), (text, units) => {
        const reading = readJson(text, { numbers: "spelled" });
        let read = reading.advance(units);
        for (let pieces = 0; read === undefined && pieces <= text.length + 2; pieces += 1)
          read = reading.advance(units);
        expect(read).toEqual(parseJson(text, { numbers: "spelled" }));
      }),
      { numRuns: 2000 },
    );
  });

  it("checks what it does not keep as it checks all else", () => {
    const asText = ["v"];
    fc.assert(
      fc.property(hostile, (text) => {
        const whole = `{"k":1,"v":${text},"w":[{"v":2}]}`;
        const read = readJson(whole, { asText });
        const all = parseJson(whole);
        const got = read.advance(Number.POSITIVE_INFINITY);
        expect(got?.ok).toBe(all.ok);
        if (!all.ok || !got?.ok) return;
        expect(got.value).toEqual({ ...(all.value as object), v: null });
        expect(parseJson(read.bytesOf("v") ?? "")).toEqual({ ok: true, value: (all.value as { v: unknown }).v });
      }),
      { numRuns: 1000 },
    );
    expect(readJson('{"v":{"a":1,"a":2}}', { asText }).advance(99)).toEqual({ ok: false });
  });

  it("gives the bytes of an outermost member that was not kept as they stood there, copied only where its text is not plain", () => {
    const whole = new TextEncoder().encode('{ "a": [1,  {"a":2,"b":{}}] , "b" :"x","c":{"a":[]}}');
    const asText = ["a", "b", "d"];
    const bytesOf = (source: string | Uint8Array) => {
      const reading = readJson(source, { asText });
      expect(reading.advance(Number.POSITIVE_INFINITY)?.ok).toBe(true);
      return ["a", "b", "c", "d"].map((member) => reading.bytesOf(member));
    };
    const texts = (source: string | Uint8Array) =>
      bytesOf(source).map((bytes) => bytes && new TextDecoder().decode(bytes));
    expect(texts(whole)).toEqual(['[1,  {"a":2,"b":{}}]', '"x"', undefined, undefined]);
    expect(texts('{"b":"é😀\\u00e9","a":0}')).toEqual(["0", '"é😀\\u00e9"', undefined, undefined]);
    expect(texts(new TextEncoder().encode('{"b":"é😀","a":0}'))).toEqual(["0", '"é😀"', undefined, undefined]);
    expect(bytesOf(whole)[0]?.buffer).toBe(whole.buffer);
  });

  it("sees a name that comes twice in what it does not keep, whatever it is called", () => {
    const isOk = (value: string) => readJson(`{"v":${value}}`, { asText: ["v"] }).advance(Number.POSITIVE_INFINITY)?.ok;
    for (const name of ["a", "", "__proto__", "constructor"]) {
      expect(isOk(`{"${name}":1,"b":2,"${name}":3}`)).toBe(false);
      expect(isOk(`[{"b":1,"c":1,"${name}":1},{"${name}":{"${name}":1}}]`)).toBe(true);
    }
  });
});
