import fc from "fast-check";
import type { LimitName } from "@/native/core/codes";
import { HOST_PURPOSES, LIMIT_ACTIONS } from "@/native/core/codes";
import { checkHostRules } from "@/native/core/decide/check-host-rules";
import { SHIPPED_LIMITS } from "@/native/core/limits/effective-limits";
import type { Grant, HostRule, Limit } from "@/native/core/shapes/claims";
import { parseEntry } from "../member-values";
import type { Entry, Member } from "../members";
import { PLATFORM_DEFAULTS } from "../platform-defaults";
import { applyEdits, type Edit, groupPrograms, type PolicyState, policyState } from "../policy-state";

/**
 * Small worlds on purpose: few names, ports and times, so that random edits meet each other, wildcards meet exact
 * rules, and every boundary is asked at, before and after.
 */
export const APP = "com.example.coins";
export const PUBLISHER = "pub_1";
export const HOSTS = ["a.x.example", "b.x.example", "c.a.x.example", "*.x.example", "*.a.x.example"];
export const PORTS = [443, 8443];
export const VERSIONS = [1, 2, 3];
export const CAPABILITIES = ["network.request", "network.upload", "camera.capture", "device.info"];
const RULES = ["hr_1", "hr_2", "hr_3", "hr_4"];
const LIMITED: LimitName[] = ["requestsPerMinute", "cpuMsPerMinute"];
const PINS = ["1".repeat(64), "2".repeat(64)];
const TIMES = [100, 200];
const GRACE = PLATFORM_DEFAULTS.graceSeconds;

const maybe = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined });
const some = <T>(items: readonly T[]) => fc.subarray([...items], { minLength: 1 });

/** Leaves absent members out, as JSON has it. */
function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

const pins = fc.record({
  sha256: some(PINS),
  until: fc.constantFrom(...TIMES),
  mode: fc.constantFrom("enforce", "report"),
});

const HOST_RULE: { [F in keyof Required<HostRule>]: fc.Arbitrary<unknown> } = {
  host: fc.constantFrom(...HOSTS),
  ports: some(PORTS),
  purposes: some(HOST_PURPOSES.slice(0, 2)),
  until: maybe(fc.constantFrom(...TIMES)),
  fromVersion: maybe(fc.constantFrom(2, 3)),
  pins: maybe(pins),
};
const hostRule: fc.Arbitrary<HostRule> = fc.record(HOST_RULE).map((rule) => present<HostRule>(rule as never));

const constraints = fc
  .record({
    perMinute: maybe(fc.constantFrom(1, 2)),
    foregroundOnly: maybe(fc.constant(true as const)),
    maxBytes: maybe(fc.constantFrom(10, 20)),
    fields: maybe(some(["kind", "language"])),
  })
  .map((value) => present(value));

const grant: fc.Arbitrary<Grant> = fc
  .record({
    consent: fc.constantFrom("none" as const, "ask" as const),
    until: maybe(fc.constantFrom(...TIMES)),
    constraints: maybe(constraints),
  })
  .map((value) => present<Grant>(value as never));

/** Around what is shipped, which holds where nobody decided. */
const limitOf = (name: LimitName): fc.Arbitrary<Limit> => {
  const { max } = SHIPPED_LIMITS[name];
  return fc.record({
    max: fc.constantFrom(10, max - 1, max, max + 1, 64 * 1024 ** 3),
    action: fc.constantFrom(...LIMIT_ACTIONS),
  });
};

const version = (code: number) =>
  fc.subarray(CAPABILITIES).map((declares) => ({
    code,
    name: `v${code}`,
    sha256: String(code).repeat(64),
    size: 10,
    kid: "k1",
    declares,
  }));

/** One random edit of a random member; null removes. */
function editOf(member: Member, value: fc.Arbitrary<unknown>, isRemovable = true): fc.Arbitrary<Edit> {
  const wished = isRemovable ? fc.option(value, { nil: null, freq: 3 }) : value;
  return wished.map((chosen) => ({ member, entry: chosen === null ? null : entryOf(member, chosen) }));
}

function entryOf(member: Member, value: unknown): Entry {
  const parsed = parseEntry(member, value);
  if (!parsed.ok) throw new Error(`an arbitrary made an unreadable ${member.kind}: ${JSON.stringify(parsed.issues)}`);
  return parsed.entry;
}

function grantEditOf(capabilities: readonly string[]): fc.Arbitrary<Edit> {
  return fc
    .constantFrom(...capabilities)
    .chain((capability) => editOf({ kind: "grant", appId: APP, capability }, grant));
}

const hostEdit = fc.constantFrom(...RULES).chain((ruleId) => editOf({ kind: "host", appId: APP, ruleId }, hostRule));
const limitEdit = fc
  .constantFrom(...LIMITED)
  .chain((name) => editOf({ kind: "limit", appId: APP, name }, limitOf(name)));
const platformLimitEdit = fc
  .constantFrom(...LIMITED)
  .chain((name) => editOf({ kind: "platform-limit", name }, limitOf(name)));
const blockEdit = fc
  .constantFrom("a.x.example", "x.example")
  .chain((host) => editOf({ kind: "blocked-host", host }, fc.constant(true)));

export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: hostEdit },
  {
    weight: 4,
    arbitrary: grantEditOf(CAPABILITIES),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...VERSIONS)
      .chain((code) => editOf({ kind: "version", appId: APP, code }, version(code))),
  },
  { weight: 2, arbitrary: limitEdit },
  { weight: 1, arbitrary: platformLimitEdit },
  editOf({ kind: "status", appId: APP }, fc.constantFrom("active", "suspended", "retired"), false),
  blockEdit,
  editOf({ kind: "min-runtime", runtime: "linux" }, fc.constantFrom("1.0.0", "1.10.0")),
  editOf({ kind: "grace-seconds" }, fc.constantFrom(50, 500, GRACE - 1, GRACE, GRACE + 1)),
  editOf(
    { kind: "telemetry" },
    fc.constantFrom({ intervalSeconds: 60, sampling: 100 }, { intervalSeconds: 5, sampling: 1 }),
  ),
  editOf(
    { kind: "registration", appId: APP },
    fc.constant({ publisherId: PUBLISHER, name: "Coin Jar (official)" }),
    false,
  ),
);

const BASE: Entry[] = [
  entryOf({ kind: "publisher", publisherId: PUBLISHER }, { name: "Coins" }),
  entryOf({ kind: "registration", appId: APP }, { publisherId: PUBLISHER, name: "Coin Jar" }),
  entryOf({ kind: "status", appId: APP }, "active"),
  entryOf({ kind: "grace-seconds" }, 100),
  entryOf({ kind: "telemetry" }, { intervalSeconds: 5, sampling: 100 }),
];

const noSuffixes = { coversSuffix: () => false };

/** Whether devices would take the rules: two of one host never share a port and a purpose. */
export function hasValidHosts(state: PolicyState): boolean {
  const hosts = groupPrograms(state).get(APP)?.hosts ?? [];
  return checkHostRules(
    hosts.map(({ rule }) => rule),
    noSuffixes,
  ).ok;
}

type Step = { before: PolicyState; edits: Edit[] };

function stepOf(base: readonly Entry[], made: fc.Arbitrary<Edit[]>, edits: fc.Arbitrary<Edit[]>): fc.Arbitrary<Step> {
  const start = policyState(base);
  return fc
    .record({ made, edits })
    .map((step) => ({ before: applyEdits(start, step.made), edits: step.edits }))
    .filter((step) => hasValidHosts(step.before) && hasValidHosts(applyEdits(step.before, step.edits)));
}

/** A published state, and a few edits of it; both sides could be published. */
export const anyStep = stepOf(
  BASE,
  fc.array(anyEdit, { maxLength: 14 }),
  fc.array(anyEdit, { minLength: 1, maxLength: 3 }),
);

/** An edit of what is judged with others: rules that set each other aside, limits that replace each other, blocks. */
const anyMeetingEdit = fc.oneof(
  { weight: 6, arbitrary: hostEdit },
  { weight: 2, arbitrary: limitEdit },
  { weight: 2, arbitrary: platformLimitEdit },
  { weight: 1, arbitrary: blockEdit },
);
const fewEdits = fc.array(anyMeetingEdit, { minLength: 1, maxLength: 2 });

type Story = { made: Edit[]; edits: Edit[]; others: [Edit[], Edit[], Edit[]] };

const three = (other: fc.Arbitrary<Edit[]>) => fc.tuple(other, other, other);
const ruleEdit = (ruleId: string, host: string) =>
  editOf(
    { kind: "host", appId: APP, ruleId },
    hostRule.map((rule) => ({ ...rule, host })),
    false,
  );
const removal = (ruleId: string): Edit => ({ member: { kind: "host", appId: APP, ruleId }, entry: null });

/** A wildcard is approved beside exact rules that set it aside, and others change or remove those. */
const wildcardStory: fc.Arbitrary<Story> = fc.record({
  made: fc.tuple(ruleEdit("hr_1", "a.x.example"), ruleEdit("hr_2", "b.x.example")),
  edits: ruleEdit("hr_3", "*.x.example").map((made) => [made]),
  others: three(
    fc.oneof(
      fc.constantFrom<Edit[]>([removal("hr_1")], [removal("hr_2")]),
      ruleEdit("hr_1", "a.x.example").map((made) => [made]),
      fewEdits,
    ),
  ),
});

/** A program's own limit is approved to be another or none, and others change the platform's. */
const limitStory: fc.Arbitrary<Story> = fc.record({
  made: fc.tuple(platformLimitEdit, platformLimitEdit, limitEdit, limitEdit),
  edits: limitEdit.map((made) => [made]),
  others: three(fc.oneof({ weight: 3, arbitrary: platformLimitEdit.map((made) => [made]) }, fewEdits)),
});

/** A published state, edits that somebody approves on it, and three publishes of others that meet them. */
export const anyStory = fc
  .oneof(
    fc.record({
      made: fc.array(anyMeetingEdit, { minLength: 4, maxLength: 10 }),
      edits: fewEdits,
      others: three(fewEdits),
    }),
    wildcardStory,
    limitStory,
  )
  .map(({ made, edits, others }) => ({ before: applyEdits(policyState(BASE), made), edits, others }))
  .filter(({ before, edits }) => hasValidHosts(before) && hasValidHosts(applyEdits(before, edits)));

/** As `anyStep`, where every version may use everything, so that grants alone decide. */
export const anyGrantStep = stepOf(
  [
    ...BASE,
    ...VERSIONS.map((code) =>
      entryOf(
        { kind: "version", appId: APP, code },
        { code, name: `v${code}`, sha256: String(code).repeat(64), size: 10, kid: "k1", declares: CAPABILITIES },
      ),
    ),
    entryOf(
      { kind: "host", appId: APP, ruleId: "hr_1" },
      { host: "a.x.example", ports: [443], purposes: ["request", "upload"] },
    ),
  ],
  fc.array(grantEditOf(CAPABILITIES.slice(0, 2)), { maxLength: 4 }),
  fc.array(grantEditOf(CAPABILITIES.slice(0, 2)), { minLength: 1, maxLength: 2 }),
);
