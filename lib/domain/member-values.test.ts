import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyPlatform } from "./grouped-members";
import { kindOf } from "./kinds";
import { parseMember } from "./member-keys";
import { parseEntry } from "./member-values";
import { anyMemberValues } from "./testing/member-arbitraries";

const APP = "program:com.example.coins";

function parse(key: string, value: unknown) {
  const member = parseMember(key);
  if (member === null) throw new Error(key);
  return parseEntry(member, value);
}

const host = { host: "a.example.com", ports: [443], purposes: ["request"] };

describe("a member's value", () => {
  test("is made canonical, so that one decision has one text", () => {
    const parsed = parse(`${APP}/host:hr_1`, { ...host, ports: [8443, 443, 443], purposes: ["upload", "request"] });
    expect(parsed).toMatchObject({
      ok: true,
      entry: { value: { ports: [443, 8443], purposes: ["request", "upload"] } },
    });
    const grant = parse(`${APP}/grant:nfc.read`, { consent: "ask", constraints: {} });
    expect(grant).toMatchObject({ ok: true, entry: { value: { consent: "ask" } } });
    expect(grant.ok && "constraints" in (grant.entry.value as object)).toBe(false);
  });

  test("that stands in the platform's document is found there again", () => {
    fc.assert(
      fc.property(anyMemberValues, ({ member, one }) => {
        const { document } = kindOf(member.kind);
        if (document.in !== "platform") return;
        const platform = emptyPlatform();
        expect(document.take(platform, member)).toBeNull();
        document.put(platform, member, one);
        expect(document.take(platform, member)).toEqual(one);
      }),
    );
  });

  test.each([
    ["no ports", `${APP}/host:hr_1`, { ...host, ports: [] }, "/ports"],
    ["no purposes", `${APP}/host:hr_1`, { ...host, purposes: [] }, "/purposes"],
    ["a purpose nobody has", `${APP}/host:hr_1`, { ...host, purposes: ["dance"] }, "/purposes/0"],
    ["upper case", `${APP}/host:hr_1`, { ...host, host: "A.example.com" }, "/host"],
    [
      "pins that nothing meets",
      `${APP}/host:hr_1`,
      { ...host, pins: { sha256: [], until: 9, mode: "enforce" } },
      "/pins",
    ],
    ["an unknown member", `${APP}/grant:nfc.read`, { consent: "none", forever: true }, ""],
    [
      "false where only true is a constraint",
      `${APP}/grant:nfc.read`,
      { consent: "ask", constraints: { gestureRequired: false } },
      "/constraints/gestureRequired",
    ],
    ["a warning above its limit", `${APP}/limit:memoryBytes`, { warn: 11, max: 10, action: "kill" }, "/warn"],
    [
      "a version of another code",
      `${APP}/version:2`,
      { code: 1, name: "1", sha256: "a".repeat(64), size: 1, kid: "k", declares: [] },
      "/code",
    ],
    ["a runtime nobody ships", "platform/min-runtime:amiga", "1.0.0", ""],
    ["a version with leading zeros", "platform/min-runtime:linux", "1.01.0", ""],
    [
      "a private key",
      "publisher:pub_1/key:k",
      { jwk: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43), d: "d" }, status: "active" },
      "/jwk",
    ],
    [
      "an e-mail without a place",
      "person:per_1",
      { email: "a", name: "A", role: "admin", publisherId: null, state: "active" },
      "/email",
    ],
  ])("is refused with %s", (_title, key, value, path) => {
    const parsed = parse(key, value);
    expect(parsed.ok ? [] : parsed.issues.map((issue) => issue.path)).toContain(path);
  });
});
