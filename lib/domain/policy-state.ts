import type { PublisherKey } from "@/native/core/shapes/claims";
import { emptyPlatform, emptyProgram, type PlatformMembers, type ProgramMembers } from "./grouped-members";
import { kindOf } from "./kinds";
import type { StateView } from "./kinds/kind";
import { formatMember } from "./member-keys";
import type { Entry, EntryOf, Member, MemberKind, MemberOf, MemberValues } from "./members";

/** All published members in reach of a decision, by their keys. What is not in it is absent. */
export type PolicyState = ReadonlyMap<string, Entry>;

/** One wished write: the member's new value, or null to remove it. */
export type Edit = { member: Member; entry: Entry | null };

export function policyState(entries: Iterable<Entry>): PolicyState {
  return new Map([...entries].map((entry) => [formatMember(entry.member), entry]));
}

/** The state after the edits, in order. The given state is left as it was. */
export function applyEdits(state: PolicyState, edits: Iterable<Edit>): PolicyState {
  const next = new Map(state);
  for (const { member, entry } of edits) {
    const key = formatMember(member);
    if (entry === null) next.delete(key);
    else next.set(key, entry);
  }
  return next;
}

/** A member's value in the state, or null. */
export function memberValue(state: PolicyState, member: Member): Entry["value"] | null {
  return state.get(formatMember(member))?.value ?? null;
}

export function entriesOf<K extends MemberKind>(state: PolicyState, kind: K): EntryOf<K>[] {
  return [...state.values()].filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

/** What a check of one member sees of a state. */
export function viewOf(state: PolicyState): StateView {
  return {
    value: <K extends MemberKind>(member: MemberOf<K>) => memberValue(state, member) as MemberValues[K] | null,
    entries: (kind) => entriesOf(state, kind),
  };
}

/** Every program of the state. Lists have one order whatever order the members were written in. */
export function groupPrograms(state: PolicyState): Map<string, ProgramMembers> {
  const programs = new Map<string, ProgramMembers>();
  for (const { kind, member, value } of state.values()) {
    const { document } = kindOf(kind);
    if (document.in !== "program" || !("appId" in member)) continue;
    const { appId } = member;
    let program = programs.get(appId);
    if (program === undefined) {
      program = emptyProgram(appId);
      programs.set(appId, program);
    }
    document.put(program, member, value);
  }
  for (const program of programs.values()) {
    program.versions.sort((a, b) => a.code - b.code);
    program.hosts.sort((a, b) => byText(a.rule.host, b.rule.host) || byText(a.ruleId, b.ruleId));
    program.receives.sort((a, b) => byText(a.from, b.from));
    program.externalRoutes.sort(byText);
    program.grants = sortMembers(program.grants);
  }
  return programs;
}

export function readProgram(state: PolicyState, appId: string): ProgramMembers {
  return groupPrograms(state).get(appId) ?? emptyProgram(appId);
}

/** The platform's members. Lists have one order whatever order the members were written in. */
export function readPlatform(state: PolicyState): PlatformMembers {
  const platform = emptyPlatform();
  for (const { kind, member, value } of state.values()) {
    const { document } = kindOf(kind);
    if (document.in === "platform") document.put(platform, member, value);
  }
  platform.blockedHosts.sort(byText);
  platform.minRuntime = sortMembers(platform.minRuntime);
  return platform;
}

/** Keys that a publisher signs bundles with, by `kid`; revoked ones stay, so that devices can name the reason. */
export function readPublisherKeys(state: PolicyState, publisherId: string): PublisherKey[] {
  return entriesOf(state, "publisher-key")
    .filter((entry) => entry.member.publisherId === publisherId)
    .map((entry) => ({ kid: entry.member.kid, ...entry.value }))
    .sort((a, b) => byText(a.kid, b.kid));
}

function sortMembers<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => byText(a, b)));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
