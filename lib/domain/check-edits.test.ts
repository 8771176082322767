import { describe, expect, test } from "vitest";
import { KEY_ONE, KEY_TWO } from "@/native/core/crypto/testing/public-keys";
import { checkEdits, type EditRules } from "./check-edits";
import { MEMBER_KINDS } from "./kinds";
import { formatMember, parseMember } from "./member-keys";
import { parseEntry } from "./member-values";
import type { Entry } from "./members";
import { applyEdits, type Edit, policyState } from "./policy-state";

const APP = "program:com.example.coins";
const person = (more: object = {}) => ({
  ...{ email: "mara@harbor.example", name: "Mara", role: "operator", publisherId: null, state: "active" },
  ...more,
});
const host = { host: "a.example.com", ports: [443], purposes: ["request"] };
const version = { code: 3, name: "1.0", sha256: "a".repeat(64), size: 1, kid: "k1", declares: [] };

/** What stands before each step. */
const PUBLISHED: Record<string, unknown> = {
  "publisher:pub_1": { name: "Coin Works" },
  "publisher:pub_2": { name: "Others" },
  "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "active" },
  "person:per_admin": person({ email: "ravi@harbor.example", role: "admin" }),
  "person:per_one": person(),
  "person:per_dev": person({ email: "dev@harbor.example", role: "developer", publisherId: "pub_1" }),
  [`${APP}/registration`]: { publisherId: "pub_1", name: "Coin Jar" },
  [`${APP}/status`]: "active",
  [`${APP}/host:hr_1`]: host,
  [`${APP}/receiver:com.example.other`]: { actions: ["open\u202e"] },
  "platform/grace-seconds": 3600,
  "platform/telemetry": { intervalSeconds: 5, sampling: 100 },
};

const RULES: EditRules = {
  publicSuffixes: { coversSuffix: () => false },
  constraintsOf: (capability) =>
    ({ "camera.capture": ["perMinute"], "payments.request": ["maxAmountMinor", "currency"] })[capability] ?? null,
};

function edit(key: string, value: unknown): Edit {
  const member = parseMember(key);
  if (member === null) throw new Error(key);
  if (value === null) return { member, entry: null };
  const parsed = parseEntry(member, value);
  if (!parsed.ok) throw new Error(`${key}: ${JSON.stringify(parsed.issues)}`);
  return { member, entry: parsed.entry };
}

function issuesOf(changes: Record<string, unknown>, more: Record<string, unknown> = {}, rules = RULES): string[] {
  const entries = Object.entries({ ...PUBLISHED, ...more }).map(([key, value]) => edit(key, value).entry as Entry);
  const before = policyState(entries);
  const edits = Object.entries(changes).map(([key, value]) => edit(key, value));
  return checkEdits(before, applyEdits(before, edits), edits, rules).map(
    ({ member, path, code }) => `${member} ${path} ${code}`,
  );
}

const cases: [string, Record<string, unknown>, string[]][] = [
  [
    "a capability that the catalogue does not have",
    { [`${APP}/grant:nfc.read`]: { consent: "ask" } },
    [`${APP}/grant:nfc.read  UNKNOWN_CAPABILITY`],
  ],
  [
    "a constraint that the capability does not take",
    { [`${APP}/grant:camera.capture`]: { consent: "ask", constraints: { perMinute: 1, perDay: 1 } } },
    [`${APP}/grant:camera.capture /constraints/perDay UNKNOWN_CONSTRAINT`],
  ],
  [
    "a block of what is no host",
    { "platform/blocked-host:a..b": true },
    ["platform/blocked-host:a..b  HOST_MALFORMED"],
  ],
  [
    "a rule that shares a port and a purpose with another",
    { [`${APP}/host:hr_2`]: host },
    [`${APP}/host:hr_2 /host OVERLAP`],
  ],
  [
    "a name that acts instead of being shown",
    {
      "publisher:pub_1": { name: "Coin\u202eWorks" },
      [`${APP}/registration`]: { publisherId: "pub_1", name: "Coin\u200bJar" },
      "person:per_one": person({ name: "Ma\u200bra", email: "mara\u202e@harbor.example" }),
      [`${APP}/receiver:com.example.third`]: { actions: ["pay", "pay\u200b"] },
    },
    [
      "publisher:pub_1 /name TEXT_NOT_PLAIN",
      `${APP}/registration /name TEXT_NOT_PLAIN`,
      "person:per_one /name TEXT_NOT_PLAIN",
      "person:per_one /email TEXT_NOT_PLAIN",
      `${APP}/receiver:com.example.third /actions TEXT_NOT_PLAIN`,
    ],
  ],
  [
    "a publisher that nobody made",
    {
      "publisher:pub_9/key:k9": { jwk: KEY_ONE, status: "active" },
      "person:per_dev": person({ email: "dev@harbor.example", role: "developer", publisherId: "pub_9" }),
      "program:com.example.new/registration": { publisherId: "pub_9", name: "New" },
    },
    [
      "publisher:pub_9/key:k9  UNKNOWN_PUBLISHER",
      "person:per_dev /publisherId UNKNOWN_PUBLISHER",
      "program:com.example.new/registration /publisherId UNKNOWN_PUBLISHER",
    ],
  ],
  [
    "another publisher for a program that has one",
    { [`${APP}/registration`]: { publisherId: "pub_2", name: "Coin Jar" } },
    [`${APP}/registration /publisherId PUBLISHER_FIXED`],
  ],
  [
    "a key of another publisher's",
    { "publisher:pub_2/key:k1": { jwk: KEY_ONE, status: "active" } },
    ["publisher:pub_2/key:k1  KEY_TAKEN"],
  ],
  [
    "other bytes for a key",
    { "publisher:pub_1/key:k1": { jwk: KEY_TWO, status: "active" } },
    ["publisher:pub_1/key:k1 /jwk KEY_FIXED"],
  ],
  [
    "a developer of no publisher",
    { "person:per_one": person({ role: "developer" }) },
    ["person:per_one /publisherId PUBLISHER_NEEDED", "person:per_one /role LAST_APPROVER"],
  ],
  [
    "a sign-in of nobody",
    { "person:per_none/sign-in": { purpose: "reset" }, "person:per_none/sign-in-lock": true },
    ["person:per_none/sign-in  UNKNOWN_PERSON", "person:per_none/sign-in-lock  UNKNOWN_PERSON"],
  ],
  [
    "a program that nobody registered",
    { "program:com.example.none/status": "suspended" },
    ["program:com.example.none/status  NOT_REGISTERED"],
  ],
  [
    "a version whose key its publisher does not have",
    { [`${APP}/version:3`]: { ...version, kid: "k2" } },
    [`${APP}/version:3 /kid KEY_UNKNOWN`],
  ],
  [
    "an e-mail that another has, in whatever case",
    { "person:per_dev": person({ email: "MARA@harbor.example", role: "developer", publisherId: "pub_1" }) },
    ["person:per_dev /email EMAIL_TAKEN"],
  ],
  [
    "the last admin's leave",
    { "person:per_admin": person({ email: "ravi@harbor.example", role: "auditor" }) },
    ["person:per_admin /role LAST_ADMIN"],
  ],
  [
    "the last approver's leave",
    { "person:per_one": person({ state: "disabled" }) },
    ["person:per_one /role LAST_APPROVER"],
  ],
];

describe("a step is refused with its place and code", () => {
  test.each(cases)("%s", (_title, changes, issues) => {
    const keys = Object.keys(changes).filter(
      (key) => key.includes("com.example.none") || key.includes("com.example.new"),
    );
    const own = issuesOf(changes).filter(
      (issue) => !keys.some((key) => issue === `${key}  NOT_REGISTERED`) || issues.includes(issue),
    );
    expect(own.sort()).toEqual([...issues].sort());
  });

  test("a document that devices would not take", () => {
    const rules = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `${APP}/receiver:com.example.sender${index}`,
        { actions: ["a".repeat(600)] },
      ]),
    );
    expect(issuesOf(rules)).toEqual([`${APP}/receiver:com.example.sender0  DOCUMENT_TOO_LARGE`]);
    const few = Object.fromEntries(Object.entries(rules).slice(0, 300));
    expect(issuesOf(few)).toEqual([]);
  });
});

describe("a step is not refused for what it leaves as it was", () => {
  test("text that acts may stay where it stands, and what is next to it may change", () => {
    const more = { [`${APP}/registration`]: { publisherId: "pub_1", name: "Coin\u202eJar" } };
    expect(issuesOf({ [`${APP}/status`]: "suspended" }, more)).toEqual([]);
    expect(issuesOf({ [`${APP}/receiver:com.example.other`]: { actions: ["open\u202e", "pay"] } })).toEqual([]);
    const named = { "person:per_dev": person({ email: "dev@harbor.example", name: "De\u202ev", role: "auditor" }) };
    const disabled = { "person:per_dev": { ...named["person:per_dev"], state: "disabled" } };
    expect(issuesOf(disabled, named)).toEqual([]);
  });

  test("a key is revoked and let in again, and a version listed, of the publisher's own", () => {
    expect(issuesOf({ "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "revoked" } })).toEqual([]);
    expect(issuesOf({ [`${APP}/version:3`]: version })).toEqual([]);
  });

  test("amounts come with their currency, and a constraint that the capability takes", () => {
    const constraints = { maxAmountMinor: 1, currency: "SGD" };
    expect(issuesOf({ [`${APP}/grant:payments.request`]: { consent: "ask", constraints } })).toEqual([]);
  });

  test("where nobody could approve before, nobody need be left who can", () => {
    const none = { "person:per_one": person({ state: "disabled" }) };
    expect(issuesOf({ "person:per_one": person({ state: "disabled", name: "Mara L" }) }, none)).toEqual([]);
  });

  test("a person keeps the e-mail that is theirs", () => {
    expect(issuesOf({ "person:per_one": person({ name: "Mara L" }) })).toEqual([]);
  });
});

test("what is lasting is changed and never taken away; everything else may be", () => {
  const lasting = [
    "publisher:pub_1",
    "publisher:pub_1/key:k1",
    `${APP}/registration`,
    `${APP}/status`,
    "platform/grace-seconds",
    "platform/telemetry",
    "person:per_dev",
    "person:per_dev/sign-in",
  ];
  const passing: Record<string, unknown> = {
    [`${APP}/version:3`]: version,
    [`${APP}/grant:camera.capture`]: { consent: "ask" },
    [`${APP}/host:hr_1`]: host,
    [`${APP}/limit:memoryBytes`]: { max: 1, action: "kill" },
    [`${APP}/receiver:com.example.other`]: { actions: ["open"] },
    [`${APP}/route:pages/pay`]: true,
    "platform/limit:memoryBytes": { max: 1, action: "kill" },
    "platform/blocked-host:x.example": true,
    "platform/min-runtime:linux": "1.0.0",
    "person:per_dev/sign-in-lock": true,
  };
  const all = [...lasting, ...Object.keys(passing)];
  const kinds = new Set(all.map((key) => parseMember(key)?.kind));
  expect(MEMBER_KINDS.filter((kind) => !kinds.has(kind))).toEqual([]);
  for (const key of lasting) expect(issuesOf({ [key]: null }), key).toContain(`${key}  NOT_REMOVABLE`);
  for (const key of Object.keys(passing)) expect(issuesOf({ [key]: null }, passing), key).toEqual([]);
  for (const key of all) expect(formatMember(edit(key, null).member)).toBe(key);
});
