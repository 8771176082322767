import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { changedLeaves } from "./changed-leaves";
import { DEEDS } from "./deeds";
import { describeChange } from "./describe-change";
import { MEMBER_KINDS } from "./kinds";
import type { Names } from "./kinds/kind";
import { formatMember, parseMember } from "./member-keys";
import { isSameValue } from "./same-value";
import { anyMemberValues } from "./testing/member-arbitraries";

const APP = "program:com.example.coins";
const host = { host: "api.example.com", ports: [443], purposes: ["request"] };
const person = { email: "a@harbor.example", name: "Ines", role: "operator", publisherId: null, state: "active" };
const pins = { sha256: ["a".repeat(64)], until: 1_800_000_000, mode: "enforce" };
const names: Names = {
  publisher: (id) => (id === "pub_1" ? "Harbor Ltd" : null),
  person: (id) => (id === "per_1" ? "Ines" : null),
  program: () => null,
};

function textOf(key: string, before: unknown, after: unknown, tense: "asked" | "done" = "done"): string {
  const member = parseMember(key);
  if (member === null) throw new Error(key);
  return describeChange({ member, before, after }, names, tense);
}

// The words are the product here: they stand in lists, in the audit log and in the draft bar.
describe("a change says what it does", () => {
  test.each([
    [
      `${APP}/limit:requestsPerMinute`,
      { max: 600, action: "throttle" },
      { max: 300, action: "throttle" },
      "Lowered requestsPerMinute 600 → 300",
    ],
    [
      `${APP}/limit:memoryBytes`,
      { max: 9, action: "kill" },
      { max: 9, action: "warn" },
      "Changed memoryBytes (action kill → warn)",
    ],
    [`${APP}/limit:memoryBytes`, null, { max: 9, action: "kill" }, "Set memoryBytes 9 (action kill)"],
    [
      "platform/limit:memoryBytes",
      { max: 9, action: "kill" },
      null,
      "Removed limit memoryBytes for all programs 9 (action kill)",
    ],
    [`${APP}/status`, "active", "suspended", "Suspended (active → suspended)"],
    [`${APP}/status`, "suspended", "active", "Lifted the suspension (suspended → active)"],
    [`${APP}/grant:nfc.read`, null, { consent: "ask" }, "Granted nfc.read (consent ask)"],
    [`${APP}/grant:nfc.read`, { consent: "ask" }, { consent: "none" }, 'Widened grant nfc.read (consent ask → "none")'],
    [
      `${APP}/grant:nfc.read`,
      { consent: "none" },
      { consent: "ask" },
      'Narrowed grant nfc.read (consent "none" → ask)',
    ],
    [`${APP}/host:hr_1`, null, host, "Added host api.example.com (ports 443; purposes request)"],
    [
      `${APP}/host:hr_1`,
      { ...host, pins, fromVersion: 3 },
      { ...host, pins: { ...pins, mode: "report" } },
      "Changed host api.example.com (from version 3 → none; pins mode enforce → report)",
    ],
    [
      `${APP}/host:hr_1`,
      { ...host, until: 1_800_000_000 },
      host,
      "Changed host api.example.com (until 2027-01-15T08:00:00Z → none)",
    ],
    ["platform/blocked-host:x.com", null, true, "Blocked x.com for all programs"],
    ["platform/blocked-host:x.com", true, null, "Unblocked x.com"],
    ["platform/grace-seconds", 7200, 3600, "Set the grace period 2 h → 1 h"],
    ["person:per_1", person, { ...person, role: "auditor" }, "Changed Ines (role operator → auditor)"],
    ["person:per_1", person, { ...person, state: "disabled" }, "Disabled Ines (state active → disabled)"],
    ["person:per_1", person, { ...person, publisherId: "pub_1" }, 'Changed Ines (publisher id none → "Harbor Ltd")'],
    ["person:per_1/sign-in", null, { purpose: "reset" }, "Allowed one reset of the sign-in of Ines (purpose reset)"],
    ["person:per_1/sign-in", null, { purpose: "invite" }, "Allowed one new invitation of Ines (purpose invite)"],
    [
      "person:per_1",
      null,
      { ...person, publisherId: "pub_1" },
      'Invited Ines as operator (email a@harbor.example; publisher id "Harbor Ltd"; role operator; state active)',
    ],
    ["person:per_1", { ...person, state: "disabled" }, person, "Enabled Ines as operator (state disabled → active)"],
    ["person:per_1/sign-in-lock", null, true, "Locked the sign-in of Ines"],
    ["person:per_1/sign-in-lock", true, null, "Unlocked the sign-in of Ines"],
    [`${APP}/status`, "active", "retired", "Retired (active → retired)"],
    [`${APP}/status`, "retired", "active", "Made active (retired → active)"],
    [
      `${APP}/limit:requestsPerMinute`,
      { max: 300, action: "throttle" },
      { max: 600, action: "throttle" },
      "Raised requestsPerMinute 300 → 600",
    ],
    [`${APP}/limit:memoryBytes`, { max: 9, action: "kill" }, null, "Removed limit memoryBytes 9 (action kill)"],
    [`${APP}/grant:nfc.read`, { consent: "ask" }, null, "Removed grant nfc.read (consent ask)"],
    [`${APP}/route:pages/pay`, null, true, "Added external route pages/pay"],
    [`${APP}/route:pages/pay`, true, null, "Removed external route pages/pay"],
    [
      `${APP}/receiver:com.example.other`,
      { actions: ["open"] },
      { actions: ["open", "pay"] },
      "Changed receiver for com.example.other (actions open → open, pay)",
    ],
    ["publisher:pub_1", { name: "Coins" }, { name: "Harbor" }, "Changed publisher Harbor (name Coins → Harbor)"],
    ["publisher:pub_1", null, { name: "Harbor" }, "Added publisher Harbor"],
    ["platform/min-runtime:linux", "1.0.0", "1.1.0", "Changed minimum linux runtime 1.0.0 → 1.1.0"],
    ["platform/grace-seconds", 3601, 3600, "Set the grace period 3601 s → 1 h"],
    [
      "platform/telemetry",
      { intervalSeconds: 5, sampling: 100 },
      { intervalSeconds: 60, sampling: 50 },
      "Set telemetry (interval seconds 5 s → 60 s; sampling 100 % → 50 %)",
    ],
    [
      `${APP}/registration`,
      { publisherId: "pub_1", name: "Jar" },
      { publisherId: "pub_1", name: "Bank" },
      "Changed registration of com.example.coins (name Jar → Bank)",
    ],
    [
      `${APP}/registration`,
      null,
      { publisherId: "pub_1", name: "Jar" },
      'Registered com.example.coins (name Jar; publisher id "Harbor Ltd")',
    ],
  ])("%s", (key, before, after, text) => {
    expect(textOf(key, before, after)).toBe(text);
  });

  test("and nothing of it as done while it is only asked for", () => {
    expect(textOf(`${APP}/host:hr_1`, null, host, "asked")).toBe(
      "Add host api.example.com (ports 443; purposes request)",
    );
    expect(textOf(`${APP}/status`, "suspended", "active", "asked")).toBe("Lift the suspension (suspended → active)");
    fc.assert(
      fc.property(anyMemberValues, ({ member, one, other }) => {
        fc.pre(!isSameValue(one, other));
        for (const [before, after] of [
          [one, other],
          [null, other],
          [one, null],
        ]) {
          const [done, asked] = (["done", "asked"] as const).map((tense) =>
            describeChange({ member, before, after }, names, tense).split(" "),
          );
          const deed = Object.entries(DEEDS).find(([, word]) => word === done?.[0])?.[0];
          expect(asked).toEqual([deed, ...(done?.slice(1) ?? [])]);
        }
      }),
    );
  });

  test("and whose key it is, by the publisher's name", () => {
    const key = { jwk: KEY_ONE, status: "active" };
    expect(textOf("publisher:pub_1/key:k1", null, key)).toContain('Added key of "Harbor Ltd", k1');
    expect(textOf("publisher:pub_1/key:k1", key, { ...key, status: "revoked" })).toBe(
      'Revoked key of "Harbor Ltd", k1 (status active → revoked)',
    );
  });

  test("even where the value is of a release that knows more", () => {
    expect(textOf(`${APP}/grant:nfc.read`, null, { consent: "by moonlight" })).toBe(
      `Added ${APP}/grant:nfc.read (consent "by moonlight")`,
    );
  });
});

describe("what is approved by its text", () => {
  test("is told whole: every changed leaf with both values, whatever the kind", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyMemberValues, ({ member, one, other }) => {
        fc.pre(!isSameValue(one, other));
        seen.add(member.kind);
        const text = describeChange({ member, before: one, after: other }, names, "done");
        for (const { before, after } of changedLeaves(one, other)) {
          for (const value of [before, after]) {
            // As it is written, or in words of its kind: then the text of another value is another.
            const isPlain = typeof value === "string" && /^[a-z][a-z0-9.@-]*$/.test(value) && value !== "none";
            if (isPlain && !value.startsWith("pub_")) expect(text).toContain(value);
          }
        }
      }),
      { numRuns: 3000 },
    );
    expect([...seen].sort()).toEqual(
      MEMBER_KINDS.filter((kind) => !["route", "blocked-host", "sign-in-lock"].includes(kind)).sort(),
    );
  });

  test("is told apart: unequal values of one member have unequal texts", () => {
    fc.assert(
      fc.property(anyMemberValues, ({ member, one, other, third }) => {
        fc.pre(!isSameValue(other, third));
        const text = (before: unknown, after: unknown) => describeChange({ member, before, after }, names, "done");
        const why = formatMember(member);
        if (!isSameValue(one, other) && !isSameValue(one, third)) {
          expect(text(one, other), why).not.toBe(text(one, third));
          expect(text(other, one), why).not.toBe(text(third, one));
        }
        expect(text(null, other), why).not.toBe(text(null, third));
        expect(text(other, null), why).not.toBe(text(third, null));
      }),
      { numRuns: 3000 },
    );
  });
});
