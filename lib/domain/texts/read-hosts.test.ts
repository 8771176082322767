import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHostPattern } from "@/native/core/decide/host-name";
import { HOSTS_MAX, readHosts } from "./read-hosts";
import { sayTextNote } from "./taken";
import { mendText, sayTextIssue } from "./text-issues";

const read = (text: string) => readHosts(text, "/host");
const hosts = (text: string) => read(text).hosts.map(({ host, port }) => (port === null ? host : `${host}:${port}`));
const codes = (text: string) => read(text).issues.map(({ code }) => code);
const notes = (text: string) => read(text).notes.map(sayTextNote);

describe("what people paste as a host", () => {
  test.each([
    ["api.example.com", ["api.example.com"]],
    ["  API.Example.COM. ", ["api.example.com"]],
    ["https://api.example.com/v1/items?x=1#top", ["api.example.com"]],
    ["//cdn.example.com/a.js", ["cdn.example.com"]],
    ["https://ada:secret@api.example.com:8443/", ["api.example.com:8443"]],
    ["wss://live.example.com:443", ["live.example.com:443"]],
    ["*.example.com", ["*.example.com"]],
    ["a.example.com, b.example.com;c.example.com", ["a.example.com", "b.example.com", "c.example.com"]],
    [
      "a.example.com\r\n# of the old shop\nb.example.com # pictures\n// c.example.com",
      ["a.example.com", "b.example.com"],
    ],
    ["- a.example.com\n* b.example.com\n• c.example.com", ["a.example.com", "b.example.com", "c.example.com"]],
    ['["a.example.com", "b.example.com"]', ["a.example.com", "b.example.com"]],
    ["<https://a.example.com/x,y>", ["a.example.com"]],
    ["xn--bcher-kva.example", ["xn--bcher-kva.example"]],
    ["a.example.com\na.example.com", ["a.example.com"]],
    ["", []],
    ["# nothing", []],
  ])("%j is taken apart", (text, expected) => {
    expect(hosts(text)).toEqual(expected);
    expect(codes(text)).toEqual([]);
  });

  test.each([
    ["a.*.example.com", "HOST_WILDCARD_PLACE", null],
    ["*.*.example.com", "HOST_WILDCARD_PLACE", null],
    ["api*.example.com", "HOST_WILDCARD_PLACE", null],
    ["**", "HOST_WILDCARD_PLACE", null],
    [".example.com", "HOST_WILDCARD_DOT", "*.example.com"],
    ["localhost", "HOST_ONE_LABEL", null],
    ["*.com", "HOST_ONE_LABEL", null],
    ["10.0.0.1", "HOST_ADDRESS", null],
    ["http://[::1]:8080/", "HOST_ADDRESS", null],
    ["１０.0.0.1", "HOST_ADDRESS", null],
    ["a.example.1", "HOST_NUMBER", null],
    ["my_api.example.com", "HOST_CHARACTER", null],
    ["a..example.com", "HOST_EMPTY_LABEL", null],
    ["-a.example.com", "HOST_HYPHEN", null],
    [`${"a".repeat(64)}.example.com`, "HOST_LABEL_LONG", null],
    [`${"abc.".repeat(70)}com`, "HOST_LONG", null],
    ["bücher.example", "HOST_IDN", "xn--bcher-kva.example"],
    ["*.bücher.example:8443", "HOST_IDN", "*.xn--bcher-kva.example:8443"],
    ["ａpi.example", "HOST_IDN", "api.example"],
    ["a.exam\u200bple.com", "HOST_HIDDEN", "a.example.com"],
    ["\u202emoc.elpmaxe", "HOST_HIDDEN", "moc.elpmaxe"],
    ["a.example.com:0", "PORT_NUMBER", null],
    ["a.example.com:65536", "PORT_NUMBER", null],
    ["a.example.com:http", "PORT_NUMBER", null],
  ])("%j is refused for a reason of its own", (text, code, offer) => {
    const [issue, ...others] = read(text).issues;
    expect(others).toEqual([]);
    expect(issue?.code).toBe(code);
    expect(issue?.offer ?? null).toBe(offer);
    expect(hosts(text)).toEqual([]);
    if (issue === undefined) return;
    expect(sayTextIssue(issue)).not.toMatch(/[{}]/);
    if (offer !== null) expect(codes(mendText(text, issue, false))).toEqual([]);
    expect(read(mendText(text, issue, true)).issues).toEqual([]);
  });

  test("what was left out is said, and nothing of what was simply kept", () => {
    expect(notes("https://API.example.com:8443/v1?x=1 # shop")).toEqual([
      "api.example.com, port 8443; scheme, query, path, comment left out",
    ]);
    expect(notes("a.example.com\na.example.com")).toEqual(["a.example.com; stands there already"]);
    expect(notes("a.example.com")).toEqual([]);
  });

  test("one that is refused is left out or put right by itself, the others stay", () => {
    const text = "a.example.com, bücher.example, c.example.com";
    const [issue] = read(text).issues;
    if (issue === undefined) throw new Error("no issue");
    expect(hosts(mendText(text, issue, false))).toEqual(["a.example.com", "xn--bcher-kva.example", "c.example.com"]);
    expect(hosts(mendText(text, issue, true))).toEqual(["a.example.com", "c.example.com"]);
  });

  test("more than are read at once are refused as a whole", () => {
    const many = Array.from({ length: HOSTS_MAX + 1 }, (_, index) => `a${index}.example.com`).join("\n");
    expect(codes(many)).toEqual(["HOST_MANY"]);
    expect(hosts(many)).toEqual([]);
  });

  test("every host that is read is one that a rule may have, and no piece of text is dropped in silence", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "a",
        "b.example",
        ".",
        "*",
        ":",
        "//",
        "https://",
        "#",
        "_",
        "-",
        "ü",
        "\u202e",
        "1",
        "[",
        '"',
        "@",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (written) => {
        const { hosts: found, issues } = read(written);
        for (const { host } of found) expect(readHostPattern(host)).toBeDefined();
        for (const { span } of issues) expect(span === undefined || span.end > span.start).toBe(true);
        const isOnlyMarks = /^[\s,;#"'`()[\]{}<>*•-]*$/.test(written.replace(/(?:^|\s)(?:#|\/\/(?=\s|$))[^\n]*/g, ""));
        if (!isOnlyMarks) expect(found.length + issues.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});
