import fc from "fast-check";
import { HOST_PURPOSES, LIMIT_ACTIONS } from "@/native/core/codes";
import { KEY_ONE, KEY_TWO } from "@/native/core/crypto/testing/public-keys";
import { PERSON_STATES } from "../lifecycles";
import { parseEntry } from "../member-values";
import type { MemberKind, MemberOf, MemberValues } from "../members";
import { ROLES } from "../roles";

/** Values of every kind, with every field present, absent, at its least, at its greatest, and near the defaults. */
type Arbitraries = { [K in MemberKind]: { member: MemberOf<K>; value: fc.Arbitrary<unknown> } };

const appId = "com.example.coins";
const maybe = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined });
const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields).map((value) => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)));
const some = <T>(items: readonly T[]) => fc.subarray([...items], { minLength: 1 });
const moment = fc.constantFrom(1, 1_800_000_000, 1_800_000_001, 8_640_000_000_001, Number.MAX_SAFE_INTEGER);
/** Names that look like something else, and text that a list could be mistaken for. */
const name = fc.constantFrom("Harbor", "harbor", "none", "true", "12", "Harbor, Ltd", "a → b", "x; y", '"quoted"');
const sha256 = fc.constantFrom("a".repeat(64), "b".repeat(64));
const jwk = fc.constantFrom(KEY_ONE, KEY_TWO);
const limit = record({
  warn: maybe(fc.constantFrom(0, 1)),
  max: fc.constantFrom(1, 600, Number.MAX_SAFE_INTEGER),
  action: fc.constantFrom(...LIMIT_ACTIONS),
});

const ARBITRARIES: Arbitraries = {
  publisher: { member: { kind: "publisher", publisherId: "pub_1" }, value: record({ name }) },
  "publisher-key": {
    member: { kind: "publisher-key", publisherId: "pub_1", kid: "k1" },
    value: record({ jwk, status: fc.constantFrom("active", "revoked") }),
  },
  registration: {
    member: { kind: "registration", appId },
    value: record({ publisherId: fc.constantFrom("pub_1", "pub_2", "none"), name }),
  },
  status: { member: { kind: "status", appId }, value: fc.constantFrom("active", "suspended", "retired") },
  version: {
    member: { kind: "version", appId, code: 3 },
    value: record({
      code: fc.constant(3),
      name: fc.constantFrom("1.0", "1.1", "none"),
      sha256,
      size: fc.constantFrom(1, 2, 1000),
      kid: fc.constantFrom("k1", "k2", "none"),
      declares: fc.subarray(["camera.capture", "nfc.read"]),
    }),
  },
  grant: {
    member: { kind: "grant", appId, capability: "camera.capture" },
    value: record({
      consent: fc.constantFrom("none", "ask"),
      until: maybe(moment),
      constraints: maybe(
        record({
          perMinute: maybe(fc.constantFrom(1, 2)),
          perDay: maybe(fc.constantFrom(1, 2)),
          foregroundOnly: maybe(fc.constant(true)),
          gestureRequired: maybe(fc.constant(true)),
          maxBytes: maybe(fc.constantFrom(1, 2)),
          mediaTypes: maybe(some(["image/png", "image/*", "*/*"])),
          precisionMetres: maybe(fc.constantFrom(1, 2)),
          maxAmountMinor: maybe(fc.constantFrom(1, 2)),
          currency: maybe(fc.constantFrom("EUR", "SGD")),
          fields: maybe(some(["kind", "language", "kind, language"])),
        }),
      ),
    }),
  },
  host: {
    member: { kind: "host", appId, ruleId: "hr_1" },
    value: record({
      host: fc.constantFrom("a.example.com", "*.example.com"),
      ports: some([443, 8443]),
      purposes: some(HOST_PURPOSES),
      until: maybe(moment),
      fromVersion: maybe(fc.constantFrom(1, 2)),
      pins: maybe(
        record({
          sha256: some(["a".repeat(64), "b".repeat(64)]),
          until: moment,
          mode: fc.constantFrom("enforce", "report"),
        }),
      ),
    }),
  },
  limit: { member: { kind: "limit", appId, name: "requestsPerMinute" }, value: limit },
  receiver: {
    member: { kind: "receiver", appId, fromAppId: "com.example.other" },
    value: record({ actions: some(["open", "pay", "open, pay", "none"]) }),
  },
  route: { member: { kind: "route", appId, page: "pages/pay" }, value: fc.constant(true) },
  "platform-limit": { member: { kind: "platform-limit", name: "memoryBytes" }, value: limit },
  "blocked-host": { member: { kind: "blocked-host", host: "x.example" }, value: fc.constant(true) },
  "min-runtime": { member: { kind: "min-runtime", runtime: "linux" }, value: fc.constantFrom("1.0.0", "1.10.0") },
  "grace-seconds": {
    member: { kind: "grace-seconds" },
    value: fc.constantFrom(0, 1, 3600, 3601, 72 * 3600, 30 * 86_400),
  },
  telemetry: {
    member: { kind: "telemetry" },
    value: record({ intervalSeconds: fc.constantFrom(1, 5, 60), sampling: fc.constantFrom(0, 100) }),
  },
  person: {
    member: { kind: "person", personId: "per_1" },
    value: record({
      email: fc.constantFrom("a@harbor.example", "b@harbor.example"),
      name,
      role: fc.constantFrom(...ROLES),
      publisherId: fc.constantFrom(null, "pub_1", "pub_2"),
      state: fc.constantFrom(...PERSON_STATES),
    }),
  },
  "sign-in": {
    member: { kind: "sign-in", personId: "per_1" },
    value: record({ purpose: fc.constantFrom("invite", "reset") }),
  },
  "sign-in-lock": { member: { kind: "sign-in-lock", personId: "per_1" }, value: fc.constant(true) },
};

/** A member of any kind, with three values that it can have. */
export const anyMemberValues = fc.constantFrom(...Object.values(ARBITRARIES)).chain(({ member, value }) => {
  const read = (made: unknown) => parseEntry(member, made);
  const canonical = value
    .filter((made) => read(made).ok)
    .map((made) => {
      const parsed = read(made);
      if (!parsed.ok) throw new Error("it was read a moment ago");
      return parsed.entry.value as MemberValues[MemberKind];
    });
  return fc.record({ member: fc.constant(member), one: canonical, other: canonical, third: canonical });
});
