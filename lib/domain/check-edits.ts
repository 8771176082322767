import { checkHostRules } from "@/native/core/decide/check-host-rules";
import { readHostName, readHostPattern } from "@/native/core/decide/host-name";
import type { PublicSuffixes } from "@/native/core/decide/public-suffixes";
import { countApprovers } from "./approvers";
import { formatMember } from "./member-keys";
import type { Entry, MemberKind, MemberValues } from "./members";
import { type Edit, entriesOf, groupPrograms, memberValue, type PolicyState, readPlatform } from "./policy-state";
import { projectProgram } from "./project-program";

/** What the catalogue and the public-suffix table say; passed in, because the table must not reach the browser. */
export type EditRules = {
  publicSuffixes: PublicSuffixes;
  /** The constraint kinds that a capability takes; null for one that the catalogue does not have. */
  constraintsOf(capability: string): readonly string[] | null;
};

export type EditIssue = { member: string; path: string; code: string };

/** Largest documents that devices take (spec §4), less room for what the policy service adds around the decisions. */
const PROGRAM_BYTES_MAX = 250 * 1024;
const PLATFORM_BYTES_MAX = 900 * 1024;

/** Members that a decision may change but never take away. */
const LASTING: readonly MemberKind[] = [
  "publisher",
  "publisher-key",
  "registration",
  "status",
  "grace-seconds",
  "telemetry",
  "person",
  "sign-in",
];

/** Whether members of this kind, once there, stay for good. */
export function isLasting(kind: MemberKind): boolean {
  return LASTING.includes(kind);
}

/**
 * Everything that forbids this step, whoever takes it: an unknown capability, overlapping host rules, a program nobody
 * registered, a document too large to be taken. Empty if the state after can be published.
 */
export function checkEdits(
  before: PolicyState,
  after: PolicyState,
  edits: readonly Edit[],
  rules: EditRules,
): EditIssue[] {
  const issues: EditIssue[] = [];
  for (const edit of edits) {
    const add = (code: string, path = "") => issues.push({ member: formatMember(edit.member), path, code });
    if (edit.entry === null) {
      if (isLasting(edit.member.kind)) add("NOT_REMOVABLE");
      continue;
    }
    checkEntry(before, after, edit.entry, rules, add);
  }
  issues.push(...checkPrograms(after, edits, rules), ...checkPeople(before, after, edits));
  if (jsonBytes(readPlatform(after)) > PLATFORM_BYTES_MAX) {
    issues.push({ member: "platform", path: "", code: "DOCUMENT_TOO_LARGE" });
  }
  return issues;
}

function checkEntry(
  before: PolicyState,
  after: PolicyState,
  entry: Entry,
  rules: EditRules,
  add: (code: string, path?: string) => void,
): void {
  const has = (publisherId: string) => memberValue(after, { kind: "publisher", publisherId }) !== null;
  switch (entry.kind) {
    case "registration": {
      const old = memberValue(before, entry.member) as MemberValues["registration"] | null;
      if (!has(entry.value.publisherId)) add("UNKNOWN_PUBLISHER", "/publisherId");
      if (old !== null && old.publisherId !== entry.value.publisherId) add("PUBLISHER_FIXED", "/publisherId");
      return;
    }
    case "publisher-key": {
      const taken = entriesOf(before, "publisher-key").find((other) => other.member.kid === entry.member.kid);
      if (!has(entry.member.publisherId)) add("UNKNOWN_PUBLISHER");
      if (taken !== undefined && taken.member.publisherId !== entry.member.publisherId) add("KEY_TAKEN");
      if (taken !== undefined && taken.value.jwk.x + taken.value.jwk.y !== entry.value.jwk.x + entry.value.jwk.y) {
        add("KEY_FIXED", "/jwk");
      }
      return;
    }
    case "grant": {
      const kinds = rules.constraintsOf(entry.member.capability);
      if (kinds === null) add("UNKNOWN_CAPABILITY");
      for (const name of Object.keys(entry.value.constraints ?? {})) {
        if (kinds !== null && !kinds.includes(name)) add("UNKNOWN_CONSTRAINT", `/constraints/${name}`);
      }
      const { maxAmountMinor, currency } = entry.value.constraints ?? {};
      if ((maxAmountMinor === undefined) !== (currency === undefined)) add("CURRENCY_NEEDED", "/constraints");
      return;
    }
    case "host":
      if (readHostPattern(entry.value.host) === undefined) add("HOST_MALFORMED", "/host");
      return;
    case "blocked-host":
      // A block covers every name below it, so one label is enough.
      if (readHostName(`x.${entry.member.host}`) === undefined) add("HOST_MALFORMED");
      return;
    case "person":
      if (entry.value.publisherId !== null && !has(entry.value.publisherId)) add("UNKNOWN_PUBLISHER", "/publisherId");
      if (entry.value.role === "developer" && entry.value.publisherId === null) add("PUBLISHER_NEEDED", "/publisherId");
      return;
    case "sign-in":
      if (memberValue(before, { kind: "person", personId: entry.member.personId }) === null) add("UNKNOWN_PERSON");
      return;
    default:
  }
}

function checkPrograms(after: PolicyState, edits: readonly Edit[], rules: EditRules): EditIssue[] {
  const issues: EditIssue[] = [];
  const touched = new Set(edits.flatMap(({ member }) => ("appId" in member ? [member.appId] : [])));
  const programs = groupPrograms(after);
  for (const appId of touched) {
    const program = programs.get(appId);
    const first = edits.find(({ member }) => "appId" in member && member.appId === appId);
    const key = first === undefined ? appId : formatMember(first.member);
    if (program === undefined || program.registration === null) {
      issues.push({ member: key, path: "", code: "NOT_REGISTERED" });
      continue;
    }
    const hosts = checkHostRules(
      program.hosts.map(({ rule }) => rule),
      rules.publicSuffixes,
    );
    for (const { index, code } of hosts.ok ? [] : hosts.issues) {
      const ruleId = program.hosts[index]?.ruleId;
      const member = ruleId === undefined ? key : formatMember({ kind: "host", appId, ruleId });
      issues.push({ member, path: "/host", code });
    }
    const content = projectProgram(after, appId);
    for (const version of content.versions) {
      if (!content.publisherKeys.some((known) => known.kid === version.kid)) {
        issues.push({
          member: formatMember({ kind: "version", appId, code: version.code }),
          path: "/kid",
          code: "KEY_UNKNOWN",
        });
      }
    }
    if (jsonBytes(content) > PROGRAM_BYTES_MAX) issues.push({ member: key, path: "", code: "DOCUMENT_TOO_LARGE" });
  }
  return issues;
}

/** Nobody is left who could let anybody in, or approve anything: there would be no way back. */
function checkPeople(before: PolicyState, after: PolicyState, edits: readonly Edit[]): EditIssue[] {
  const issues: EditIssue[] = [];
  const people = entriesOf(after, "person");
  const valuesBefore = entriesOf(before, "person").map((entry) => entry.value);
  const valuesAfter = people.map((entry) => entry.value);
  const hasNoAdmin = !valuesAfter.some((person) => person.state === "active" && person.role === "admin");
  const hasNoApprover = countApprovers(valuesBefore) > 0 && countApprovers(valuesAfter) === 0;
  for (const { member, entry } of edits) {
    if (entry?.kind !== "person") continue;
    const email = entry.value.email.toLowerCase();
    const isTaken = people.some(
      (other) => other.member.personId !== entry.member.personId && other.value.email.toLowerCase() === email,
    );
    if (isTaken) issues.push({ member: formatMember(member), path: "/email", code: "EMAIL_TAKEN" });
    if (hasNoAdmin) issues.push({ member: formatMember(member), path: "/role", code: "LAST_ADMIN" });
    if (hasNoApprover) issues.push({ member: formatMember(member), path: "/role", code: "LAST_APPROVER" });
  }
  return issues;
}

function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
