import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { changedLeaves } from "../changed-leaves";
import { judgeFields } from "../kinds/judge-fields";
import { parseMember } from "../member-keys";
import { parseEntry } from "../member-values";
import type { Entry } from "../members";
import { applyEdits, type Edit, policyState } from "../policy-state";
import { isSameValue } from "../same-value";
import { anyMemberValues } from "../testing/member-arbitraries";
import { findWidenings } from "./find-widenings";
import { findHostWidening } from "./host-widening";
import { directionOf, splitEdits, takesAway, wideningsOf } from "./judge-edits";

/** Leaves of which neither value allows more than the other. */
const NEUTRAL = [
  "limit/warn",
  "person/email",
  "person/name",
  "person/publisherId",
  "person/role",
  "person/state",
  "platform-limit/warn",
  // Of keys that are revoked before and after; a key is never exchanged besides.
  "publisher-key/jwk/x",
  "publisher-key/jwk/y",
];

const APP = "program:com.example.coins";
const rule = (host: string, more: object = {}) => ({ host, ports: [443], purposes: ["request"], ...more });
const version = (declares: string[]) => ({
  code: 1,
  name: "1.0",
  sha256: "a".repeat(64),
  size: 10,
  kid: "k1",
  declares,
});
const person = (role: string, more: object = {}) => ({
  email: "a@harbor.example",
  name: "A",
  role,
  publisherId: null,
  state: "active",
  ...more,
});

const TWO_APPROVERS = { "person:per_2": person("operator"), "person:per_3": person("security") };

type Values = Record<string, unknown>;

function edit(key: string, value: unknown): Edit {
  const member = parseMember(key);
  if (member === null) throw new Error(key);
  if (value === null) return { member, entry: null };
  const parsed = parseEntry(member, value);
  if (!parsed.ok) throw new Error(`${key} ${JSON.stringify(parsed.issues)}`);
  return { member, entry: parsed.entry };
}

function stateOf(values: Values) {
  return policyState(Object.entries(values).map(([key, value]) => edit(key, value).entry as Entry));
}

function codesOf(before: Values, changed: Values): string[] {
  const state = stateOf(before);
  const edits = Object.entries(changed).map(([key, value]) => edit(key, value));
  return findWidenings(state, applyEdits(state, edits)).map(({ code }) => code);
}

describe("everything else widens", () => {
  const cases: [string, Values, Values, string][] = [
    ["a lifted suspension", { [`${APP}/status`]: "suspended" }, { [`${APP}/status`]: "active" }, "STATUS_LIFTED"],
    ["a listed version", {}, { [`${APP}/version:1`]: version([]) }, "VERSION_ADDED"],
    [
      "a version that declares more",
      { [`${APP}/version:1`]: version([]) },
      { [`${APP}/version:1`]: version(["camera.capture"]) },
      "VERSION_ADDED",
    ],
    ["a grant, also of what no version declares", {}, { [`${APP}/grant:nfc.read`]: { consent: "ask" } }, "GRANT_ADDED"],
    [
      "a consent from ask to none",
      { [`${APP}/grant:nfc.read`]: { consent: "ask" } },
      { [`${APP}/grant:nfc.read`]: { consent: "none" } },
      "GRANT_WIDER",
    ],
    [
      "a later until of a grant",
      { [`${APP}/grant:nfc.read`]: { consent: "ask", until: 10 } },
      { [`${APP}/grant:nfc.read`]: { consent: "ask" } },
      "GRANT_WIDER",
    ],
    [
      "a removed constraint",
      { [`${APP}/grant:nfc.read`]: { consent: "ask", constraints: { gestureRequired: true } } },
      { [`${APP}/grant:nfc.read`]: { consent: "ask" } },
      "GRANT_WIDER",
    ],
    [
      "one call a minute more",
      { [`${APP}/grant:nfc.read`]: { consent: "ask", constraints: { perMinute: 5 } } },
      { [`${APP}/grant:nfc.read`]: { consent: "ask", constraints: { perMinute: 6 } } },
      "GRANT_WIDER",
    ],
    [
      "a finer precision",
      { [`${APP}/grant:location.coarse`]: { consent: "ask", constraints: { precisionMetres: 1000 } } },
      { [`${APP}/grant:location.coarse`]: { consent: "ask", constraints: { precisionMetres: 100 } } },
      "GRANT_WIDER",
    ],
    [
      "the same amount in another currency",
      { [`${APP}/grant:payments.request`]: { consent: "ask", constraints: { maxAmountMinor: 100, currency: "JPY" } } },
      { [`${APP}/grant:payments.request`]: { consent: "ask", constraints: { maxAmountMinor: 100, currency: "EUR" } } },
      "GRANT_WIDER",
    ],
    ["a host", {}, { [`${APP}/host:hr_1`]: rule("a.example.com") }, "HOST_WIDER"],
    [
      "a host behind a block, because lifting the block would not show it",
      { "platform/blocked-host:example.com": true },
      { [`${APP}/host:hr_1`]: rule("a.example.com") },
      "HOST_WIDER",
    ],
    [
      "the host of a suspended program",
      { [`${APP}/status`]: "suspended" },
      { [`${APP}/host:hr_1`]: rule("a.example.com") },
      "HOST_WIDER",
    ],
    [
      "removing the exact rule that sets a wider wildcard aside",
      {
        [`${APP}/host:hr_1`]: rule("*.example.com", { ports: [443, 8443] }),
        [`${APP}/host:hr_2`]: rule("a.example.com"),
      },
      { [`${APP}/host:hr_2`]: null },
      "HOST_WIDER",
    ],
    [
      "removing an exact rule that has ended, because even that set the wildcard aside",
      { [`${APP}/host:hr_1`]: rule("*.example.com"), [`${APP}/host:hr_2`]: rule("a.example.com", { until: 1 }) },
      { [`${APP}/host:hr_2`]: null },
      "HOST_WIDER",
    ],
    [
      "an exact rule from a later version on, where it was from the first: older versions meet the wildcard again",
      {
        [`${APP}/host:hr_1`]: rule("*.example.com", { ports: [8443] }),
        [`${APP}/host:hr_2`]: rule("a.example.com"),
      },
      { [`${APP}/host:hr_2`]: rule("a.example.com", { fromVersion: 2 }) },
      "HOST_WIDER",
    ],
    [
      "a lower fromVersion",
      { [`${APP}/host:hr_1`]: rule("a.example.com", { fromVersion: 3 }) },
      { [`${APP}/host:hr_1`]: rule("a.example.com", { fromVersion: 2 }) },
      "HOST_WIDER",
    ],
    [
      "pins that end sooner",
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", { pins: { sha256: ["a".repeat(64)], until: 20, mode: "enforce" } }),
      },
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", { pins: { sha256: ["a".repeat(64)], until: 10, mode: "enforce" } }),
      },
      "HOST_WIDER",
    ],
    [
      "one pin more",
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", { pins: { sha256: ["a".repeat(64)], until: 20, mode: "enforce" } }),
      },
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", {
          pins: { sha256: ["a".repeat(64), "b".repeat(64)], until: 20, mode: "enforce" },
        }),
      },
      "HOST_WIDER",
    ],
    [
      "a raised limit",
      { [`${APP}/limit:requestsPerMinute`]: { max: 600, action: "throttle" } },
      { [`${APP}/limit:requestsPerMinute`]: { max: 601, action: "throttle" } },
      "LIMIT_RAISED",
    ],
    [
      "a milder action",
      { [`${APP}/limit:memoryBytes`]: { max: 600, action: "kill" } },
      { [`${APP}/limit:memoryBytes`]: { max: 600, action: "warn" } },
      "LIMIT_RAISED",
    ],
    [
      "a limit of its own above the platform's",
      { [`${APP}/status`]: "active", "platform/limit:requestsPerMinute": { max: 600, action: "throttle" } },
      { [`${APP}/limit:requestsPerMinute`]: { max: 700, action: "throttle" } },
      "LIMIT_RAISED",
    ],
    [
      "a removed limit below the platform's",
      {
        [`${APP}/limit:requestsPerMinute`]: { max: 300, action: "throttle" },
        "platform/limit:requestsPerMinute": { max: 600, action: "throttle" },
      },
      { [`${APP}/limit:requestsPerMinute`]: null },
      "LIMIT_RAISED",
    ],
    ["a receiver", {}, { [`${APP}/receiver:com.example.shop`]: { actions: ["pay"] } }, "RECEIVER_ADDED"],
    ["a route", {}, { [`${APP}/route:pages/index`]: true }, "ROUTE_ADDED"],
    ["a publisher key", {}, { "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "active" } }, "KEY_ADDED"],
    [
      "a key that was revoked",
      { "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "revoked" } },
      { "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "active" } },
      "KEY_ADDED",
    ],
    [
      "an unblocked host",
      { "platform/blocked-host:x.com": true },
      { "platform/blocked-host:x.com": null },
      "HOST_UNBLOCKED",
    ],
    [
      "a lower minimum runtime, compared by numbers",
      { "platform/min-runtime:linux": "1.10.0" },
      { "platform/min-runtime:linux": "1.9.0" },
      "RUNTIME_LOWERED",
    ],
    ["a longer grace", { "platform/grace-seconds": 10 }, { "platform/grace-seconds": 11 }, "GRACE_LONGER"],
    [
      "telemetry that sees less",
      { "platform/telemetry": { intervalSeconds: 5, sampling: 100 } },
      { "platform/telemetry": { intervalSeconds: 5, sampling: 50 } },
      "TELEMETRY_LESS",
    ],
    ["a person who proposes", {}, { "person:per_1": person("admin", { state: "invited" }) }, "PERSON_MAY_MORE"],
    [
      "a role that approves",
      { "person:per_1": person("admin") },
      { "person:per_1": person("security") },
      "PERSON_MAY_MORE",
    ],
    [
      "an operator who leaves a publisher",
      { "person:per_1": person("operator", { publisherId: "pub_1" }) },
      { "person:per_1": person("operator") },
      "PERSON_MAY_MORE",
    ],
    [
      "an operator whose e-mail becomes another's",
      { "person:per_1": person("operator") },
      { "person:per_1": person("operator", { email: "b@harbor.example" }) },
      "PERSON_MAY_MORE",
    ],
    [
      "an invited operator's account, which their link alone makes",
      { "person:per_1": person("operator", { state: "invited" }) },
      { "person:per_1": person("operator") },
      "PERSON_MAY_MORE",
    ],
    ["a reset of another's sign-in", {}, { "person:per_1/sign-in": { purpose: "reset" } }, "SIGN_IN_GIVEN"],
    [
      "an unlocked sign-in",
      { "person:per_1/sign-in-lock": true },
      { "person:per_1/sign-in-lock": null },
      "SIGN_IN_UNLOCKED",
    ],
    [
      "a program that takes another's name",
      { [`${APP}/registration`]: { publisherId: "pub_1", name: "Coins" } },
      { [`${APP}/registration`]: { publisherId: "pub_1", name: "Harbor Bank (official)" } },
      "NAME_CHANGED",
    ],
    [
      "a publisher's other name",
      { "publisher:pub_1": { name: "A" } },
      { "publisher:pub_1": { name: "B" } },
      "NAME_CHANGED",
    ],
    [
      "the name of somebody who approves",
      { "person:per_1": person("operator") },
      { "person:per_1": person("operator", { name: "B" }) },
      "PERSON_RENAMED",
    ],
    [
      "the second of two who can approve, disabled",
      TWO_APPROVERS,
      { "person:per_3": person("security", { state: "disabled" }) },
      "APPROVERS_FEWER",
    ],
    [
      "the second of two who can approve, in another role",
      TWO_APPROVERS,
      { "person:per_3": person("auditor") },
      "APPROVERS_FEWER",
    ],
    [
      "a developer's other publisher",
      { "person:per_1": person("developer", { publisherId: "pub_1" }) },
      { "person:per_1": person("developer", { publisherId: "pub_2" }) },
      "PUBLISHER_CHANGED",
    ],
    [
      "a first limit above the shipped one",
      {},
      { [`${APP}/limit:memoryBytes`]: { max: 64 * 1024 ** 3, action: "warn" } },
      "LIMIT_RAISED",
    ],
    [
      "a first limit with a milder action than the shipped one",
      {},
      { "platform/limit:memoryBytes": { max: 1, action: "warn" } },
      "LIMIT_RAISED",
    ],
    ["a first grace that is longer than the shipped one", {}, { "platform/grace-seconds": 7 * 86_400 }, "GRACE_LONGER"],
    [
      "telemetry that sees less than is shipped",
      {},
      { "platform/telemetry": { intervalSeconds: 3600, sampling: 100 } },
      "TELEMETRY_LESS",
    ],
    [
      "a suspension in place of a retirement",
      { [`${APP}/status`]: "retired" },
      { [`${APP}/status`]: "suspended" },
      "STATUS_LIFTED",
    ],
    [
      "other media types",
      { [`${APP}/grant:files.pick`]: { consent: "ask", constraints: { mediaTypes: ["image/png"] } } },
      { [`${APP}/grant:files.pick`]: { consent: "ask", constraints: { mediaTypes: ["image/*"] } } },
      "GRANT_WIDER",
    ],
  ];
  test.each(cases)("%s", (_title, before, changed, code) => {
    expect(codesOf(before, changed)).toContain(code);
  });
});

test.each<[string, Values, string]>([
  ["the capability of a grant", { [`${APP}/grant:nfc.read`]: { consent: "ask" } }, "nfc.read"],
  ["the id of a person", { "person:per_1": person("operator") }, "per_1"],
  ["the new value of a setting", { "platform/grace-seconds": 7 * 86_400 }, "604800"],
  ["nothing of a setting of several values", { "platform/telemetry": { intervalSeconds: 3600, sampling: 100 } }, ""],
])("what widens is named by %s", (_title, changed, what) => {
  const edits = Object.entries(changed).map(([key, value]) => edit(key, value));
  const before = policyState([]);
  expect(findWidenings(before, applyEdits(before, edits))).toMatchObject([{ what }]);
});

describe("one person narrows at once", () => {
  const limits = { "platform/limit:requestsPerMinute": { max: 600, action: "throttle" } };
  const cases: [string, Values, Values][] = [
    ["a suspension", { [`${APP}/status`]: "active" }, { [`${APP}/status`]: "suspended" }],
    ["a retirement of what was suspended", { [`${APP}/status`]: "suspended" }, { [`${APP}/status`]: "retired" }],
    ["a version taken off the list", { [`${APP}/version:1`]: version([]) }, { [`${APP}/version:1`]: null }],
    ["a removed grant", { [`${APP}/grant:nfc.read`]: { consent: "ask" } }, { [`${APP}/grant:nfc.read`]: null }],
    [
      "a grant with a constraint more",
      { [`${APP}/grant:nfc.read`]: { consent: "none" } },
      { [`${APP}/grant:nfc.read`]: { consent: "ask", constraints: { perDay: 3, fields: ["id"] } } },
    ],
    ["a removed host", { [`${APP}/host:hr_1`]: rule("a.example.com") }, { [`${APP}/host:hr_1`]: null }],
    [
      "a host rule with an earlier end",
      { [`${APP}/host:hr_1`]: rule("a.example.com") },
      { [`${APP}/host:hr_1`]: rule("a.example.com", { until: 10 }) },
    ],
    [
      "an exact rule that allows less than the wildcard which it sets aside",
      { [`${APP}/host:hr_1`]: rule("*.example.com", { purposes: ["request", "upload"] }) },
      { [`${APP}/host:hr_2`]: rule("a.example.com") },
    ],
    [
      "a wildcard and the exact rule beside it, removed together",
      { [`${APP}/host:hr_1`]: rule("*.example.com"), [`${APP}/host:hr_2`]: rule("a.example.com", { until: 1 }) },
      { [`${APP}/host:hr_1`]: null, [`${APP}/host:hr_2`]: null },
    ],
    [
      "one pin less, and enforced instead of reported",
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", {
          pins: { sha256: ["a".repeat(64), "b".repeat(64)], until: 20, mode: "report" },
        }),
      },
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", { pins: { sha256: ["b".repeat(64)], until: 30, mode: "enforce" } }),
      },
    ],
    ["a lowered limit", limits, { "platform/limit:requestsPerMinute": { max: 300, action: "kill" } }],
    [
      "a limit of its own below the platform's",
      { ...limits, [`${APP}/status`]: "active" },
      { [`${APP}/limit:requestsPerMinute`]: { max: 300, action: "throttle" } },
    ],
    [
      "a warning moved, which is a notice",
      limits,
      { "platform/limit:requestsPerMinute": { warn: 599, max: 600, action: "throttle" } },
    ],
    ["a blocked host", {}, { "platform/blocked-host:x.com": true }],
    [
      "a block replaced by one that covers it",
      { "platform/blocked-host:a.x.com": true },
      { "platform/blocked-host:a.x.com": null, "platform/blocked-host:x.com": true },
    ],
    [
      "a revoked key",
      { "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "active" } },
      { "publisher:pub_1/key:k1": { jwk: KEY_ONE, status: "revoked" } },
    ],
    ["a locked sign-in", {}, { "person:per_1/sign-in-lock": true }],
    [
      "a disabled person, while two can still approve",
      { "person:per_1": person("operator"), ...TWO_APPROVERS },
      { "person:per_1": person("operator", { state: "disabled" }) },
    ],
    [
      "a role that decides nothing, while two can still approve",
      { "person:per_1": person("operator"), ...TWO_APPROVERS },
      { "person:per_1": person("auditor") },
    ],
    [
      "a disabled admin",
      { "person:per_1": person("admin") },
      { "person:per_1": person("admin", { state: "disabled" }) },
    ],
    ["an invited developer", {}, { "person:per_1": person("developer", { publisherId: "pub_1", state: "invited" }) }],
    [
      "one type of an image in place of all",
      { [`${APP}/grant:files.pick`]: { consent: "ask", constraints: { mediaTypes: ["image/*", "text/plain"] } } },
      { [`${APP}/grant:files.pick`]: { consent: "ask", constraints: { mediaTypes: ["image/png"] } } },
    ],
    [
      "pins that only reported, taken away",
      {
        [`${APP}/host:hr_1`]: rule("a.example.com", {
          pins: { sha256: ["a".repeat(64)], until: 20, mode: "report" },
        }),
      },
      { [`${APP}/host:hr_1`]: rule("a.example.com") },
    ],
    [
      "a limit of its own above the platform's, taken away",
      { ...limits, [`${APP}/limit:requestsPerMinute`]: { max: 900, action: "throttle" } },
      { [`${APP}/limit:requestsPerMinute`]: null },
    ],
    ["a first limit below the shipped one", {}, { "platform/limit:memoryBytes": { max: 1024, action: "kill" } }],
    [
      "the name of somebody who decides nothing",
      { "person:per_1": person("auditor") },
      { "person:per_1": person("auditor", { name: "B" }) },
    ],
    [
      "a registration, which allows nothing yet",
      {},
      { [`${APP}/registration`]: { publisherId: "pub_1", name: "Coins" } },
    ],
  ];
  test.each(cases)("%s", (_title, before, changed) => {
    expect(codesOf(before, changed)).toEqual([]);
  });
});

describe("a proof of host rules", () => {
  /** Rules of one host that ask 25 versions, 20 times, 4 purposes and `ports` ports of each of them. */
  const rules = (ports: number) =>
    Array.from({ length: 25 }, (_, nth) => ({
      ...{
        host: "a.example.com",
        ports: Array.from({ length: ports }, (_, at) => at + 1),
        purposes: ["request" as const],
      },
      ...(nth === 0 ? {} : { fromVersion: nth }),
      until: 1 + (nth % 19),
    }));

  test("asks two million questions, and is left to two people where it would take more", () => {
    expect(findHostWidening([rules(21)], rules(20))).toBeNull();
    expect(findHostWidening([rules(22)], rules(21))).toMatchObject({ code: "HOST_NOT_PROVEN" });
  });
});

describe("whatever is not the same", () => {
  test("is judged, whatever the kind: it widens, or one of the two directions does, or its text says why neither", () => {
    const neutral = new Set<string>();
    fc.assert(
      fc.property(anyMemberValues, ({ member, one, other }) => {
        fc.pre(!isSameValue(one, other));
        const stateWith = (value: unknown) => policyState([{ kind: member.kind, member, value } as Entry]);
        const codes = [
          ...findWidenings(stateWith(one), stateWith(other)),
          ...findWidenings(stateWith(other), stateWith(one)),
        ];
        for (const { path } of codes.length > 0 ? [] : changedLeaves(one, other)) neutral.add(`${member.kind}${path}`);
      }),
      // The same draws every time: the list below is exact.
      { numRuns: 5000, seed: 1 },
    );
    // What may change either way by one person's word, and no more than that.
    expect([...neutral].sort()).toEqual(NEUTRAL);
  });

  test("is within what was approved where it is what was approved, whatever the kind", () => {
    fc.assert(
      fc.property(anyMemberValues, fc.boolean(), ({ member, one, other }, isAdded) => {
        const stateWith = (value: unknown) => policyState([{ kind: member.kind, member, value } as Entry]);
        const before = isAdded ? policyState([]) : stateWith(one);
        const after = stateWith(other);
        expect(findWidenings(before, after, after)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("is unjudged where its kind does not know the field", () => {
    const judge = (before: object, after: object) =>
      judgeFields<{ known: number }>({ known: () => null }, before as never, after as never);
    expect(judge({ known: 1 }, { known: 2 })).toBeNull();
    expect(judge({ known: 1 }, { known: 2, another: 1 })).toBe("UNJUDGED");
    expect(judge({ toString: 1 }, { toString: 2 })).toBe("UNJUDGED");
  });
});

describe("a step", () => {
  const rules = { isSetUpComplete: true };

  test("divides into what narrows and what widens, wherever they stand", () => {
    const before = stateOf({ [`${APP}/host:hr_1`]: rule("a.example.com"), [`${APP}/status`]: "active" });
    const edits = [
      edit(`${APP}/host:hr_2`, rule("b.example.com")),
      edit(`${APP}/host:hr_1`, null),
      edit(`${APP}/status`, "suspended"),
    ];
    const parts = splitEdits(before, edits, rules);
    expect(parts.narrowing.map(({ member }) => member.kind)).toEqual(["host", "status"]);
    expect(parts.rest).toEqual([edits[0]]);
  });

  test("keeps together two rules that only narrow together", () => {
    const before = stateOf({
      [`${APP}/host:hr_1`]: rule("*.example.com", { ports: [443, 8443] }),
      [`${APP}/host:hr_2`]: rule("a.example.com", { until: 1 }),
    });
    const edits = [
      edit(`${APP}/host:hr_2`, null),
      edit(`${APP}/grant:nfc.read`, { consent: "ask" }),
      edit(`${APP}/host:hr_1`, null),
    ];
    const parts = splitEdits(before, edits, rules);
    expect(parts.narrowing.map(({ member }) => member.kind)).toEqual(["host", "host"]);
    expect(wideningsOf(before, parts.narrowing, rules)).toEqual([]);
  });

  test("never publishes together what only each alone narrows", () => {
    const before = stateOf({
      [`${APP}/host:hr_1`]: rule("*.example.com", { ports: [443, 80, 8443] }),
      [`${APP}/host:hr_2`]: rule("a.example.com", { ports: [443] }),
      [`${APP}/host:hr_3`]: rule("a.example.com", { ports: [80] }),
    });
    const edits = [edit(`${APP}/host:hr_2`, null), edit(`${APP}/host:hr_3`, null)];
    expect(wideningsOf(before, edits, rules)).not.toEqual([]);
    expect(splitEdits(before, edits, rules).narrowing).toHaveLength(1);
  });

  test.each([
    ["a grant", `${APP}/grant:nfc.read`, { consent: "ask" }, "nfc.read"],
    ["a status", `${APP}/status`, "active", "active"],
    ["a person", "person:per_1", person("operator", { state: "active" }), "per_1"],
  ])("says of what widens what it is: of %s", (_, member, after, what) => {
    const before = stateOf({ [`${APP}/status`]: "suspended" });
    expect(wideningsOf(before, [edit(member, after)], rules).map((widening) => widening.what)).toContain(what);
  });

  test.each([
    ["1.10.0", "1.9.9", true],
    ["1.10.0", "1.10.1", false],
    ["2.0.0", "1.99.0", true],
    ["1.2.3", "1.2.2", true],
    ["1.2.3", "2.0.0", false],
  ])("widens where a minimum runtime %s becomes a lower one, part by part: %s", (from, to, isWider) => {
    const member = "platform/min-runtime:linux";
    expect(wideningsOf(stateOf({ [member]: from }), [edit(member, to)], rules).length > 0).toBe(isWider);
  });

  test("widens, narrows, or does neither: each edit by itself", () => {
    const before = stateOf({ [`${APP}/host:hr_1`]: rule("a.example.com") });
    const directionTo = (after: unknown) => directionOf(before, edit(`${APP}/host:hr_1`, after), rules);
    expect(directionTo(rule("b.example.com"))).toBe("widens");
    expect(directionTo(null)).toBe("narrows");
    expect(directionTo(rule("a.example.com"))).toBe("neutral");
  });

  test("sets older documents below the minimum exactly where something is no longer allowed", () => {
    const before = stateOf({ [`${APP}/host:hr_1`]: rule("a.example.com") });
    expect(takesAway(before, [edit(`${APP}/host:hr_2`, rule("b.example.com"))])).toBe(false);
    expect(takesAway(before, [edit(`${APP}/host:hr_1`, rule("b.example.com"))])).toBe(true);
  });

  test("lets the admin give roles alone only until set-up is done", () => {
    const edits = [edit("person:per_1", person("operator", { state: "invited" }))];
    expect(wideningsOf(new Map(), edits, { isSetUpComplete: false })).toEqual([]);
    expect(wideningsOf(new Map(), edits, rules)).not.toEqual([]);
  });

  test("is left to two people where its proof would take too many questions", () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      rule("*.example.com", { ports: [index + 1], until: index + 1, fromVersion: index + 1 }),
    );
    const values = Object.fromEntries(many.map((value, index) => [`${APP}/host:hr_${index}`, value]));
    expect(codesOf(values, { [`${APP}/host:hr_0`]: null })).toEqual(["HOST_NOT_PROVEN"]);
  });

  test("is left to two people where a rule has what no question asks, but for the end of all rules", () => {
    const member = { kind: "host", appId: "com.example.coins", ruleId: "hr_1" } as const;
    const entry = (more: object): Entry => ({
      kind: "host",
      member,
      value: { ...rule("a.example.com"), ...more } as never,
    });
    const before = policyState([entry({ later: 1 })]);
    const codes = (now: Entry | null) =>
      findWidenings(before, applyEdits(before, [{ member, entry: now }])).map(({ code }) => code);
    expect(codes(entry({}))).toEqual(["HOST_NOT_PROVEN"]);
    expect(codes(entry({ later: 2 }))).toEqual(["HOST_NOT_PROVEN"]);
    expect(codes(null)).toEqual([]);
  });
});
