import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMember, parseMember } from "./member-keys";
import type { Member } from "./members";

const APP = "com.example.coins";

const members: [string, Member][] = [
  ["publisher:pub_1", { kind: "publisher", publisherId: "pub_1" }],
  ["publisher:pub_1/key:K-_9", { kind: "publisher-key", publisherId: "pub_1", kid: "K-_9" }],
  [`program:${APP}/registration`, { kind: "registration", appId: APP }],
  [`program:${APP}/status`, { kind: "status", appId: APP }],
  [`program:${APP}/version:0`, { kind: "version", appId: APP, code: 0 }],
  [`program:${APP}/grant:camera.capture`, { kind: "grant", appId: APP, capability: "camera.capture" }],
  [`program:${APP}/host:hr_1`, { kind: "host", appId: APP, ruleId: "hr_1" }],
  [`program:${APP}/limit:cpuMsPerMinute`, { kind: "limit", appId: APP, name: "cpuMsPerMinute" }],
  [`program:${APP}/receiver:com.x.y`, { kind: "receiver", appId: APP, fromAppId: "com.x.y" }],
  [`program:${APP}/route:pages/a:b/c`, { kind: "route", appId: APP, page: "pages/a:b/c" }],
  ["platform/limit:memoryBytes", { kind: "platform-limit", name: "memoryBytes" }],
  ["platform/blocked-host:x.com", { kind: "blocked-host", host: "x.com" }],
  ["platform/min-runtime:linux", { kind: "min-runtime", runtime: "linux" }],
  ["platform/grace-seconds", { kind: "grace-seconds" }],
  ["platform/telemetry", { kind: "telemetry" }],
  ["person:per_1", { kind: "person", personId: "per_1" }],
  ["person:per_1/sign-in", { kind: "sign-in", personId: "per_1" }],
  ["person:per_1/sign-in-lock", { kind: "sign-in-lock", personId: "per_1" }],
];

describe("a member has one text", () => {
  test.each(members)("%s is written and read back", (key, member) => {
    expect(formatMember(member)).toBe(key);
    expect(parseMember(key)).toEqual(member);
  });

  test.each([
    "",
    "program",
    "program:com",
    "program:Com.Example/status",
    `program:${APP}`,
    `program:${APP}/status:x`,
    `program:${APP}/version:01`,
    `program:${APP}/version:9007199254740993`,
    `program:${APP}/limit:everything`,
    `program:${APP}/host:new`,
    `program:${APP}/host:../x`,
    `program:${APP}/route:a b`,
    `program:${APP}/owner:x`,
    "platform/limit:x",
    "platform/telemetry:1",
    "platform/blocked-host:X.com",
    "person:per_1/role",
    "publisher:pub_1/key:",
    "publisher:../pub_1",
    `program:${APP}/route:${"a".repeat(600)}`,
  ])("%j is nobody's", (key) => {
    expect(parseMember(key)).toBeNull();
  });

  test("whatever is read is written back as it was", () => {
    const pieces = fc.constantFrom(
      "program:",
      APP,
      "/",
      "host:",
      "hr_1",
      "platform/",
      "limit:",
      "person:",
      "per_1",
      ":",
      "é",
      " ",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
        const key = parts.join("");
        const member = parseMember(key);
        if (member !== null) expect(formatMember(member)).toBe(key);
      }),
    );
  });
});
