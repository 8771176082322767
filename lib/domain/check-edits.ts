import { checkHostRules } from "@/native/core/decide/check-host-rules";
import { countApprovers } from "./approvers";
import { kindOf } from "./kinds";
import type { EditRules } from "./kinds/kind";
import { formatMember } from "./member-keys";
import type { MemberKind } from "./members";
import { type Edit, entriesOf, groupPrograms, type PolicyState, readPlatform, viewOf } from "./policy-state";
import { projectProgram } from "./project-program";

export type { EditRules } from "./kinds/kind";
export type EditIssue = { member: string; path: string; code: string };

/** Largest documents that devices take (spec §4), less room for what the policy service adds around the decisions. */
const PROGRAM_BYTES_MAX = 250 * 1024;
const PLATFORM_BYTES_MAX = 900 * 1024;

/** Whether members of this kind, once there, stay for good. */
export function isLasting(kind: MemberKind): boolean {
  return kindOf(kind).isLasting;
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
  const views = { before: viewOf(before), after: viewOf(after) };
  const issues = edits.flatMap(({ member, entry }): EditIssue[] => {
    const { isLasting, checkStep } = kindOf(member.kind);
    const key = formatMember(member);
    if (entry === null) return isLasting ? [{ member: key, path: "", code: "NOT_REMOVABLE" }] : [];
    if (typeof checkStep !== "function") return [];
    return checkStep({ member, value: entry.value, ...views, rules }).map((issue) => ({ member: key, ...issue }));
  });
  issues.push(...checkPrograms(after, edits, rules), ...checkPeople(before, after, edits));
  if (jsonBytes(readPlatform(after)) > PLATFORM_BYTES_MAX) {
    issues.push({ member: "platform", path: "", code: "DOCUMENT_TOO_LARGE" });
  }
  return issues;
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
