import { describe, expect, test } from "vitest";
import { KEY_ONE } from "@/native/core/crypto/testing/public-keys";
import { mayNarrow, mayPropose } from "../change-set-lifecycle";
import type { MemberKind, MemberValues } from "../members";
import { ROLES } from "../roles";
import { kindOf, MEMBER_KINDS } from ".";

/** Who writes a kind into a draft, and who publishes a narrowing of it alone (contract §6). */
const POLICY = { proposes: ["admin", "operator", "security"], narrows: ["operator", "security"] };
const SETTING = { ...POLICY, narrows: ["admin", "operator", "security"] };
const PEOPLE = { proposes: ["admin"], narrows: ["admin"] };
const WRITERS: Record<MemberKind, { proposes: string[]; narrows: string[] }> = {
  publisher: POLICY,
  "publisher-key": SETTING,
  registration: POLICY,
  status: POLICY,
  version: POLICY,
  grant: POLICY,
  host: POLICY,
  limit: POLICY,
  receiver: POLICY,
  route: POLICY,
  "platform-limit": SETTING,
  "blocked-host": SETTING,
  "min-runtime": SETTING,
  "grace-seconds": SETTING,
  telemetry: SETTING,
  person: PEOPLE,
  "sign-in": PEOPLE,
  "sign-in-lock": SETTING,
};

describe("by role", () => {
  test.each(MEMBER_KINDS)("a %s is proposed and narrowed by those that it says", (kind) => {
    expect(ROLES.filter((role) => mayPropose(role, kind))).toEqual(WRITERS[kind].proposes);
    expect(ROLES.filter((role) => mayNarrow(role, kind))).toEqual(WRITERS[kind].narrows);
  });
});

type Refused<K extends MemberKind> = [before: MemberValues[K] | null, after: MemberValues[K], isOwnKey?: boolean];

function refusalOf<K extends MemberKind>(kind: K, [before, after, isOwnKey = false]: Refused<K>) {
  return kindOf(kind).whyNotEditable({ before, after, isOwnKey });
}

const jwk = KEY_ONE;
const rule = { host: "a.example.com", ports: [443], purposes: ["request" as const] };
const version = { code: 3, name: "1", sha256: "a".repeat(64), size: 1, kid: "k", declares: [] };
const person = {
  email: "a@x.example",
  name: "A",
  role: "auditor" as const,
  publisherId: null,
  state: "active" as const,
};

test("what a verb of its own makes is not made by a draft, and no draft turns an invitation into an account", () => {
  expect(refusalOf("publisher", [null, { name: "New" }])).toBe("NOT_EDITABLE");
  expect(refusalOf("publisher", [{ name: "Old" }, { name: "New" }])).toBeNull();
  expect(refusalOf("publisher-key", [null, { jwk, status: "active" }])).toBe("NOT_EDITABLE");
  expect(refusalOf("publisher-key", [null, { jwk, status: "active" }, true])).toBeNull();
  expect(
    refusalOf("publisher-key", [
      { jwk, status: "revoked" },
      { jwk, status: "active" },
    ]),
  ).toBeNull();
  expect(refusalOf("registration", [null, { publisherId: "pub_1", name: "New" }])).toBe("NOT_EDITABLE");
  expect(
    refusalOf("registration", [
      { publisherId: "pub_1", name: "Old" },
      { publisherId: "pub_1", name: "New" },
    ]),
  ).toBeNull();
  expect(refusalOf("version", [null, version])).toBe("NOT_EDITABLE");
  expect(refusalOf("version", [version, version, true])).toBe("NOT_EDITABLE");
  expect(refusalOf("host", [null, rule])).toBe("UNKNOWN_RULE");
  expect(refusalOf("host", [null, rule, true])).toBeNull();
  expect(refusalOf("host", [rule, rule])).toBeNull();
  expect(refusalOf("person", [null, person, true])).toBe("NOT_EDITABLE");
  expect(refusalOf("person", [{ ...person, state: "invited" }, person])).toBe("PERSON_STATE");
  expect(refusalOf("person", [person, { ...person, state: "invited" }])).toBe("PERSON_STATE");
  expect(refusalOf("person", [{ ...person, state: "disabled" }, person])).toBeNull();
  expect(refusalOf("person", [person, { ...person, state: "disabled" }])).toBeNull();
  expect(
    refusalOf("person", [
      { ...person, state: "invited" },
      { ...person, state: "invited", name: "B" },
    ]),
  ).toBeNull();
});

test("every kind stands in the document that its name says, or in none", () => {
  const places = Object.fromEntries(MEMBER_KINDS.map((kind) => [kind, kindOf(kind).document.in]));
  const of = (place: string) => MEMBER_KINDS.filter((kind) => places[kind] === place);
  expect(of("none")).toEqual(["publisher", "publisher-key", "person", "sign-in", "sign-in-lock"]);
  expect(of("platform")).toEqual(["platform-limit", "blocked-host", "min-runtime", "grace-seconds", "telemetry"]);
});

test("a kind without a name in its key takes none", () => {
  for (const kind of ["registration", "status", "grace-seconds", "telemetry", "sign-in", "sign-in-lock"] as const) {
    expect(kindOf(kind).key.read("com.example.coins", "x"), kind).toBeNull();
    expect(kindOf(kind).key.read("com.example.coins", null)?.kind, kind).toBe(kind);
  }
});
