import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FilterField, readFilters, unreadOf } from "./filter-text";

const host = (text: string) => (text.includes(".") ? { value: text.toLowerCase() } : { why: `${text} is no host.` });
const FIELDS: FilterField[] = [
  { name: "code", values: ["HOST_NOT_ALLOWED", "RATE_LIMITED"] },
  { name: "host", read: host },
  { name: "q" },
];
const read = (text: string) => readFilters(text, FIELDS, "q");

describe("what is typed into a filter bar", () => {
  test("is taken filter by filter, whatever their number and case", () => {
    expect(read("code:HOST_NOT_ALLOWED host:*.x.com")).toEqual({
      taken: [
        ["code", "HOST_NOT_ALLOWED"],
        ["host", "*.x.com"],
      ],
      rest: [],
    });
    expect(read("coin CODE: rate_limited rush").taken).toEqual([
      ["code", "RATE_LIMITED"],
      ["q", "coin rush"],
    ]);
    expect(read("q:two words").taken).toEqual([["q", "two words"]]);
    expect(read("https://a.example/x").taken).toEqual([["q", "https://a.example/x"]]);
  });

  test("is answered where it is no filter, and what is one beside it is taken", () => {
    expect(read("stat:suspended code:RATE_LIMITED")).toMatchObject({
      taken: [["code", "RATE_LIMITED"]],
      rest: [{ text: "stat:suspended", why: expect.stringContaining("code, host, q"), isWords: true }],
    });
    expect(read("code:NOPE").rest).toMatchObject([{ text: "code:NOPE", isWords: false }]);
    expect(read("host:x").rest).toEqual([{ text: "host:x", why: "x is no host.", isWords: false }]);
    expect(read("code:").rest).toMatchObject([{ text: "code:" }]);
    expect(readFilters("coin", FIELDS).rest).toMatchObject([{ text: "coin" }]);
  });

  test("is never dropped: each word of it is taken or answered", () => {
    const word = fc.constantFrom("code:", "host:", "stat:", "q:", "RATE_LIMITED", "a.example", "nope", "https://x");
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.boolean(), (words, isFree) => {
        const { taken, rest } = readFilters(words.join(" "), FIELDS, isFree ? "q" : undefined);
        const told = [...taken.map(([name, value]) => `${name}:${value}`), ...rest.map(({ text }) => text)].join(" ");
        for (const one of words) expect(told.toLowerCase()).toContain(one.toLowerCase());
        for (const { why } of rest) expect(why).not.toBe("");
      }),
    );
  });
});

describe("what an address says", () => {
  const unread = (address: string, shown: Record<string, string> = {}) =>
    unreadOf(new URLSearchParams(address), FIELDS, shown, { range: ["1h", "24h"] }).map(({ name }) => name);

  test("and the page does not do, is said", () => {
    expect(unread("code=NOPE&q=coin&panel=x&range=24h", { q: "coin" })).toEqual(["code"]);
    expect(unread("range=9y&status=active")).toEqual(["range", "status"]);
    expect(unread("q=longer", { q: "long" })).toEqual(["q"]);
    expect(unread("code=RATE_LIMITED", { code: "RATE_LIMITED" })).toEqual([]);
  });
});
