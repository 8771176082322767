import { describe, expect, test } from "vitest";
import { describeChange } from "./describe-change";
import { parseMember } from "./member-keys";

const APP = "program:com.example.coins";
const host = { host: "api.example.com", ports: [443], purposes: ["request"] };
const person = { email: "a@harbor.example", name: "Ines", role: "operator", publisherId: null, state: "active" };

function textOf(key: string, before: unknown, after: unknown): string {
  const member = parseMember(key);
  if (member === null) throw new Error(key);
  return describeChange({ member, before, after });
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
      "Changed action of memoryBytes kill → warn",
    ],
    [`${APP}/limit:memoryBytes`, null, { max: 9, action: "kill" }, "Set memoryBytes to 9, kill"],
    ["platform/limit:memoryBytes", { max: 9, action: "kill" }, null, "Removed limit memoryBytes of 9 for all programs"],
    [`${APP}/status`, "active", "suspended", "Suspended"],
    [`${APP}/status`, "suspended", "active", "Lifted the suspension"],
    [`${APP}/grant:nfc.read`, null, { consent: "ask" }, "Granted nfc.read, with consent"],
    [`${APP}/grant:nfc.read`, { consent: "ask" }, { consent: "none" }, "Widened grant nfc.read"],
    [`${APP}/grant:nfc.read`, { consent: "none" }, { consent: "ask" }, "Narrowed grant nfc.read"],
    [`${APP}/host:hr_1`, null, host, "Added host api.example.com:443 request"],
    [`${APP}/host:hr_1`, host, null, "Removed host api.example.com:443 request"],
    ["platform/blocked-host:x.com", null, true, "Blocked x.com for all programs"],
    ["platform/blocked-host:x.com", true, null, "Unblocked x.com"],
    ["person:per_1", person, { ...person, role: "auditor" }, "Changed Ines from operator to auditor"],
    ["person:per_1", person, { ...person, state: "disabled" }, "Disabled Ines"],
    ["person:per_1", null, { ...person, state: "invited" }, "Invited Ines as operator"],
  ])("%s", (key, before, after, text) => {
    expect(textOf(key, before, after)).toBe(text);
  });

  test("even where the value is of a release that knows more", () => {
    expect(textOf(`${APP}/grant:nfc.read`, null, { consent: "by moonlight" })).toBe("Changed grant");
  });
});
