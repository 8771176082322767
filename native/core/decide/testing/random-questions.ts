import fc from "fast-check";
import { HOST_PURPOSES } from "../../codes";
import type {
  Constraints,
  Grant,
  HostRule,
  InertGrant,
  InertHostRule,
  PlatformClaims,
  ProgramClaims,
} from "../../shapes/claims";
import type { ApiQuestion } from "../api-question";
import { listedVersion, NOW, platformClaims, programClaims } from "./policy-claims";

/** Random policies and questions that meet often: few names, ports and times, and hostile texts among the URLs. */
export const NAMES = ["api.test", "a.api.test", "b.api.test", "c.a.api.test", "evil.test", "xapi.test"];
const PATTERNS = [...NAMES, "*.api.test", "*.a.api.test"];
const PORTS = [443, 8443, 1];

export const until = fc.constantFrom(NOW - 1, NOW, NOW + 1);
const rule: fc.Arbitrary<HostRule | InertHostRule> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        host: fc.constantFrom(...PATTERNS),
        ports: fc.uniqueArray(fc.constantFrom(...PORTS), { minLength: 1 }),
        purposes: fc.uniqueArray(fc.constantFrom(...HOST_PURPOSES), { minLength: 1 }),
        until,
        fromVersion: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ["host", "ports", "purposes"] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ inert: fc.constant(true as const), host: fc.constantFrom(...PATTERNS) }) },
);
export const rules = fc.array(rule, { maxLength: 8 });
export const blockedHosts = fc.uniqueArray(fc.constantFrom("api.test", "b.api.test", "evil.test", "other.test"), {
  maxLength: 2,
});

const hostile = fc.constantFrom(
  "",
  " ",
  "@",
  "\\",
  ":",
  "::",
  ":0",
  ":443",
  ":0443",
  ":65536",
  "[",
  "]",
  "[::1]",
  "%2e",
  "*",
  "\t",
  "\u3002",
  "\ud800",
  "..",
  "-",
  "#",
  "?",
  "/",
);
export const url = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("https://", "HTTPS://", "wss://", "http://", "//", "https:/", ""),
      fc.constantFrom(...NAMES, "API.test", "localhost", "127.0.0.1", "a.0x1"),
      fc.constantFrom("", ":443", ":8443", ":1", ":2"),
      fc.constantFrom("", "/", "/x?y#z", "?q", "#f"),
    )
    .map((parts) => parts.join("")),
  fc
    .array(fc.oneof(hostile, fc.constantFrom("https", "://", "api", ".", "test", "443", "a")), { maxLength: 9 })
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);
export const hostQuestion = fc.record({
  versionCode: fc.integer({ min: 0, max: 3 }),
  url,
  purpose: fc.constantFrom(...HOST_PURPOSES),
  now: fc.constantFrom(NOW - 1, NOW, NOW + 1),
});

export const CAPABILITIES = ["device.info", "location.precise", "clipboard.read", "network.request", "storage.local"];
export const APP = "com.example.notes";
const api = fc.oneof(
  fc.constantFrom("device.info", "location.precise", "clipboard.read", "network.request", "storage.local.get"),
  fc.constantFrom("constructor", "__proto__", "toString", "storage.local", "hasOwnProperty", ""),
  fc.string({ unit: "binary" }),
);

const constraints: fc.Arbitrary<Constraints> = fc.record(
  {
    perMinute: fc.integer({ min: 0, max: 3 }),
    perDay: fc.integer({ min: 0, max: 3 }),
    foregroundOnly: fc.constant(true as const),
    gestureRequired: fc.constant(true as const),
    maxBytes: fc.integer({ min: 0, max: 8 }),
  },
  { requiredKeys: [] },
);
const grant: fc.Arbitrary<Grant | InertGrant> = fc.oneof(
  fc.record(
    { consent: fc.constantFrom("none", "ask"), until: fc.constantFrom(NOW, NOW + 1), constraints },
    { requiredKeys: ["consent"] },
  ),
  fc.constant({ inert: true as const }),
);
export const program: fc.Arbitrary<ProgramClaims> = fc
  .record({
    epoch: fc.constantFrom(3, 3, 3, 2),
    revision: fc.integer({ min: 1, max: 3 }),
    exp: fc.constantFrom(NOW - 9000, NOW, NOW + 10, NOW + 10),
    status: fc.constantFrom("active", "active", "active", "suspended", "retired"),
    versions: fc.array(
      fc
        .record({ code: fc.integer({ min: 1, max: 2 }), declares: fc.subarray(CAPABILITIES) })
        .map(({ code, declares }) => listedVersion(code, declares)),
      { minLength: 1, maxLength: 3 },
    ),
    grants: fc.dictionary(fc.constantFrom(...CAPABILITIES), grant),
  })
  .map((changes) => programClaims({ ...changes, hosts: [{ host: "api.test", ports: [443], purposes: ["request"] }] }));
export const platform: fc.Arbitrary<PlatformClaims> = fc
  .record(
    {
      exp: fc.constantFrom(NOW - 9000, NOW, NOW + 10, NOW + 10, NOW + 10),
      suspended: fc.constantFrom<string[]>([], [], [], ["com.example.other", APP]),
      minRevisions: fc.constantFrom<Record<string, number>>({}, {}, { [APP]: 2 }),
      minRuntime: fc.constantFrom<Record<string, string>>({}, {}, { linux: "1.2.0" }),
      blockedHosts: fc.constantFrom<string[]>([], [], ["test"]),
    },
    { requiredKeys: [] },
  )
  .map((changes) => platformClaims(changes));
export const apiQuestion: fc.Arbitrary<ApiQuestion> = fc.record(
  {
    versionCode: fc.integer({ min: 1, max: 2 }),
    api,
    params: fc.oneof(
      fc.constantFrom({ url: "https://api.test/" }, { url: "https://evil.test/" }, { key: "k" }, {}),
      fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true, withDate: true }),
    ),
    runtime: fc.record({
      kind: fc.constantFrom("linux", "ios", "__proto__"),
      version: fc.constantFrom("1.1.9", "1.2.0", "x"),
    }),
    now: fc.constant(NOW),
    consent: fc.constantFrom("given", "refused"),
    context: fc.record({
      foreground: fc.boolean(),
      gesture: fc.boolean(),
      used: fc.record({ perMinute: fc.integer({ min: 0, max: 4 }), perDay: fc.integer({ min: 0, max: 4 }) }),
    }),
  },
  { requiredKeys: ["versionCode", "api", "runtime", "now"] },
);
