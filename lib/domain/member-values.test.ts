import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { emptyPlatform } from "./grouped-members";
import { kindOf } from "./kinds";
import { parseMember } from "./member-keys";
import { parseEntry } from "./member-values";
import { PLATFORM_DEFAULTS } from "./platform-defaults";
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
    ["a private key", "publisher:pub_1/key:k", { jwk: { ...KEY_ONE, d: "d" }, status: "active" }, "/jwk"],
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

  const person = { email: "a@x.example", name: "A", role: "developer", publisherId: "pub_1", state: "active" };
  const actions = (count: number) => Array.from({ length: count }, (_, index) => `act ${index}`);
  const ports = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const pins = { sha256: ["a".repeat(64)], until: 1, mode: "enforce" };
  test.each<[string, string, unknown, unknown]>([
    ["ports of a rule", `${APP}/host:hr_1`, { ...host, ports: ports(256) }, { ...host, ports: ports(257) }],
    ["a rule's end", `${APP}/host:hr_1`, { ...host, until: 1 }, { ...host, until: 0 }],
    ["a rule's first version", `${APP}/host:hr_1`, { ...host, fromVersion: 1 }, { ...host, fromVersion: 0 }],
    ["the end of pins", `${APP}/host:hr_1`, { ...host, pins }, { ...host, pins: { ...pins, until: 0 } }],
    ["a grant's end", `${APP}/grant:nfc.read`, { consent: "ask", until: 1 }, { consent: "ask", until: 0 }],
    ["actions of a receiver", `${APP}/receiver:com.example.b`, { actions: actions(256) }, { actions: actions(257) }],
    ["no action", `${APP}/receiver:com.example.b`, { actions: ["a"] }, { actions: [] }],
    ["a warning", `${APP}/limit:memoryBytes`, { warn: 1, max: 1, action: "kill" }, { warn: 2, max: 1, action: "kill" }],
    ["no grace", "platform/grace-seconds", 0, -1],
    ["grace", "platform/grace-seconds", 30 * 86_400, 30 * 86_400 + 1],
    ["an interval", "platform/telemetry", { intervalSeconds: 1, sampling: 0 }, { intervalSeconds: 0, sampling: 0 }],
    [
      "an hour's interval",
      "platform/telemetry",
      { intervalSeconds: 3600, sampling: 0 },
      { intervalSeconds: 3601, sampling: 0 },
    ],
    ["a sample", "platform/telemetry", { intervalSeconds: 1, sampling: 0 }, { intervalSeconds: 1, sampling: -1 }],
    ["all samples", "platform/telemetry", { intervalSeconds: 1, sampling: 100 }, { intervalSeconds: 1, sampling: 101 }],
    ["a name", "publisher:pub_1", { name: "A" }, { name: " " }],
    ["a long name", "publisher:pub_1", { name: "a".repeat(100) }, { name: "a".repeat(101) }],
    ["an e-mail", "person:per_1", person, { ...person, email: "a b@x.example" }],
    [
      "a long e-mail",
      "person:per_1",
      { ...person, email: `${"a".repeat(244)}@x.example` },
      { ...person, email: `${"a".repeat(245)}@x.example` },
    ],
    ["a publisher", "person:per_1", person, { ...person, publisherId: "" }],
    [
      "a long id",
      "person:per_1",
      { ...person, publisherId: "p".repeat(1024) },
      { ...person, publisherId: "p".repeat(1025) },
    ],
  ])("has its bounds: %s", (_title, key, within, beyond) => {
    expect(parse(key, within).ok).toBe(true);
    expect(parse(key, beyond).ok).toBe(false);
  });

  test("that is not decided is what is shipped", () => {
    expect(PLATFORM_DEFAULTS).toMatchObject({
      graceSeconds: 259_200,
      telemetry: { intervalSeconds: 60, sampling: 100 },
    });
  });
});
