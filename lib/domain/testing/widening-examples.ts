import type { ProgramVersion, PublicJwk } from "@/native/core/shapes/claims";
import type { MemberKind, MemberOf, MemberValues } from "../members";

/** What the examples are about: all of it is there, in the state that its name says. */
export type ExampleWorld = {
  appId: string;
  otherAppId: string;
  publisherId: string;
  ruleId: string;
  newKey: { kid: string; jwk: PublicJwk };
  revokedKey: { kid: string; jwk: PublicJwk };
  /** Handed in and waiting; its public capabilities are none. */
  submitted: ProgramVersion;
  people: Record<"auditor" | "operator" | "disabled" | "developer" | "locked", ExamplePerson>;
};
export type ExamplePerson = { personId: string; value: MemberValues["person"] };

/** A change that widens, from a state that was published before. */
export type WideningExample<K extends MemberKind> = {
  member: MemberOf<K>;
  before: MemberValues[K] | null;
  after: MemberValues[K] | null;
  /** What one person may make of `before` alone, as a place to try to come from; undefined where nothing narrows it. */
  narrower?: MemberValues[K] | null;
};

const host = { host: "api.coins.example", ports: [443], purposes: ["request" as const] };
const pins = { sha256: ["a".repeat(64)], until: 2_000_000_000, mode: "enforce" as const };

/** At least one change of every kind that takes two people, or it does not compile. */
export const WIDENING_EXAMPLES = {
  publisher: ({ publisherId }) => [
    { member: { kind: "publisher", publisherId }, before: { name: "Coin Works" }, after: { name: "Harbor Bank" } },
  ],
  "publisher-key": ({ publisherId, newKey, revokedKey }) => [
    {
      member: { kind: "publisher-key", publisherId, kid: newKey.kid },
      before: null,
      after: { jwk: newKey.jwk, status: "active" },
    },
    {
      member: { kind: "publisher-key", publisherId, kid: revokedKey.kid },
      before: { jwk: revokedKey.jwk, status: "revoked" },
      after: { jwk: revokedKey.jwk, status: "active" },
    },
  ],
  registration: ({ appId, publisherId }) => [
    {
      member: { kind: "registration", appId },
      before: { publisherId, name: "Coin Jar" },
      after: { publisherId, name: "Harbor Bank (official)" },
    },
  ],
  status: ({ appId }) => [
    { member: { kind: "status", appId }, before: "suspended", after: "active", narrower: "retired" },
  ],
  version: ({ appId, submitted }) => [
    { member: { kind: "version", appId, code: submitted.code }, before: null, after: submitted },
  ],
  grant: ({ appId }) => [
    {
      member: { kind: "grant", appId, capability: "camera.capture" },
      before: { consent: "ask", constraints: { perMinute: 2 } },
      after: { consent: "ask" },
      narrower: { consent: "ask", constraints: { perMinute: 1 } },
    },
    { member: { kind: "grant", appId, capability: "nfc.read" }, before: null, after: { consent: "ask" } },
  ],
  host: ({ appId, ruleId }) => [
    {
      member: { kind: "host", appId, ruleId },
      before: { ...host, pins },
      after: host,
      narrower: null,
    },
  ],
  limit: ({ appId }) => [
    {
      member: { kind: "limit", appId, name: "requestsPerMinute" },
      before: { max: 60, action: "throttle" },
      after: { max: 61, action: "throttle" },
      narrower: { max: 30, action: "throttle" },
    },
    {
      member: { kind: "limit", appId, name: "cpuMsPerMinute" },
      before: { max: 1000, action: "throttle" },
      after: null,
      narrower: { max: 999, action: "throttle" },
    },
  ],
  receiver: ({ appId, otherAppId }) => [
    {
      member: { kind: "receiver", appId, fromAppId: otherAppId },
      before: { actions: ["open"] },
      after: { actions: ["open", "pay"] },
      narrower: null,
    },
  ],
  route: ({ appId }) => [{ member: { kind: "route", appId, page: "pages/pay" }, before: null, after: true }],
  "platform-limit": () => [
    {
      member: { kind: "platform-limit", name: "storageBytes" },
      before: { max: 1000, action: "throttle" },
      after: { max: 64 * 1024 ** 3, action: "throttle" },
      narrower: { max: 999, action: "throttle" },
    },
  ],
  "blocked-host": () => [{ member: { kind: "blocked-host", host: "bad.example" }, before: true, after: null }],
  "min-runtime": () => [
    { member: { kind: "min-runtime", runtime: "linux" }, before: "1.2.0", after: "1.1.9", narrower: "1.3.0" },
    { member: { kind: "min-runtime", runtime: "android" }, before: "1.2.0", after: null },
  ],
  "grace-seconds": () => [{ member: { kind: "grace-seconds" }, before: 3600, after: 3601, narrower: 3599 }],
  telemetry: () => [
    {
      member: { kind: "telemetry" },
      before: { intervalSeconds: 5, sampling: 50 },
      after: { intervalSeconds: 5, sampling: 49 },
      narrower: { intervalSeconds: 5, sampling: 51 },
    },
  ],
  person: ({ publisherId, people: { auditor, operator, disabled, developer } }) => [
    {
      member: { kind: "person", personId: auditor.personId },
      before: auditor.value,
      after: { ...auditor.value, role: "security" },
      narrower: { ...auditor.value, state: "disabled" },
    },
    {
      member: { kind: "person", personId: operator.personId },
      before: operator.value,
      after: { ...operator.value, name: "Somebody Else" },
      narrower: { ...operator.value, role: "auditor" },
    },
    {
      member: { kind: "person", personId: operator.personId },
      before: operator.value,
      after: { ...operator.value, email: "elsewhere@harbor.example" },
    },
    {
      member: { kind: "person", personId: disabled.personId },
      before: disabled.value,
      after: { ...disabled.value, state: "active" },
    },
    {
      member: { kind: "person", personId: developer.personId },
      before: developer.value,
      after: { ...developer.value, publisherId },
    },
  ],
  "sign-in": ({ people }) => [
    { member: { kind: "sign-in", personId: people.operator.personId }, before: null, after: { purpose: "reset" } },
  ],
  "sign-in-lock": ({ people }) => [
    { member: { kind: "sign-in-lock", personId: people.locked.personId }, before: true, after: null },
  ],
} satisfies { [K in MemberKind]: (world: ExampleWorld) => [WideningExample<K>, ...WideningExample<K>[]] };

/** The examples of a kind, as ones of any kind: which values belong together the table has said. */
export function wideningExamples(kind: MemberKind, world: ExampleWorld): WideningExample<MemberKind>[] {
  return WIDENING_EXAMPLES[kind](world) as WideningExample<MemberKind>[];
}
