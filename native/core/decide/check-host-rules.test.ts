import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HostRule } from "../shapes/claims";
import { checkHostRules } from "./check-host-rules";
import { readHostPattern } from "./host-name";
import { type PublicSuffixData, readPublicSuffixes } from "./public-suffixes";

const file = new URL("../../catalog/public-suffixes.json", import.meta.url);
const suffixes = readPublicSuffixes(JSON.parse(readFileSync(file, "utf8")) as PublicSuffixData);

const rule = (host: string, more: Partial<HostRule> = {}): HostRule => ({
  host,
  ports: [443],
  purposes: ["request"],
  ...more,
});

describe("public suffixes (spec §5, Host)", () => {
  it.each([
    ["com", "a top level"],
    ["co.uk", "a suffix of two labels"],
    ["uk", "an ancestor of suffixes"],
    ["github.io", "a suffix of the private section"],
    ["amazonaws.com", "an ancestor of private suffixes"],
    ["anything.ck", "whatever a star in the list covers"],
    ["ck", "the parent of a star"],
    ["kobe.jp", "a parent of a star and of an exception"],
    ["nosuchtoplevel", "a top level that the list does not have"],
    ["xn--p1ai", "an international top level"],
  ])("a wildcard on %s is too wide: %s", (name) => {
    expect(suffixes.coversSuffix(name)).toBe(true);
  });

  it.each([
    ["example.com"],
    ["example.co.uk"],
    ["someone.github.io"],
    ["www.ck"],
    ["city.kobe.jp"],
    ["example.nosuchtoplevel"],
    ["api.example.anything.ck"],
  ])("a wildcard on %s is one owner's", (name) => {
    expect(suffixes.coversSuffix(name)).toBe(false);
  });
});

describe("rules of a document as a whole (spec §5, Host)", () => {
  it("refuses a wildcard on a suffix, inert or not, and takes one below it", () => {
    const hosts = [
      rule("*.co.uk"),
      rule("*.example.co.uk"),
      { inert: true as const, host: "*.Github.IO" },
      { inert: true as const, host: "*.com" },
    ];
    expect(checkHostRules(hosts, suffixes)).toEqual({
      ok: false,
      issues: [
        { index: 0, code: "WILDCARD_TOO_WIDE" },
        { index: 2, code: "WILDCARD_TOO_WIDE" },
        { index: 3, code: "WILDCARD_TOO_WIDE" },
      ],
    });
  });

  it("refuses two rules of one host that share a port and a purpose, whatever their times and versions", () => {
    const hosts = [
      rule("a.test", { until: 1 }),
      rule("a.test", { fromVersion: 9, ports: [1, 443], purposes: ["upload", "request"] }),
    ];
    expect(checkHostRules(hosts, suffixes)).toEqual({ ok: false, issues: [{ index: 1, code: "OVERLAP", other: 0 }] });
  });

  it("names the earliest of several rules that one overlaps with", () => {
    const hosts = [rule("a.test"), rule("a.test", { ports: [8443] }), rule("a.test", { ports: [8443, 443] })];
    expect(checkHostRules(hosts, suffixes)).toEqual({ ok: false, issues: [{ index: 2, code: "OVERLAP", other: 0 }] });
  });

  it("takes rules of one host apart in port or in purpose, of two hosts, and one that repeats itself", () => {
    const hosts = [
      rule("a.test"),
      rule("a.test", { ports: [8443] }),
      rule("a.test", { purposes: ["upload"] }),
      rule("b.test", { ports: [443, 443] }),
      rule("*.a.test"),
      { inert: true as const, host: "a.test" },
    ];
    expect(checkHostRules(hosts, suffixes)).toEqual({ ok: true });
  });
});

describe("patterns of rules (spec §5, Host)", () => {
  it.each(["api.test", "*.api.test", "xn--bcher-kva.test", "a-b.c1"])("takes %s", (text) => {
    expect(readHostPattern(text)).toBeDefined();
  });

  it.each([
    "*",
    "*.test",
    "**.api.test",
    "a.*.test",
    "*.*.test",
    "API.test",
    "api.test.",
    "api",
    "",
    "*.",
    "1.2.3.4",
    "api.test:443",
    "https://api.test",
    "api_1.test",
  ])("refuses %j", (text) => {
    expect(readHostPattern(text)).toBeUndefined();
  });
});
