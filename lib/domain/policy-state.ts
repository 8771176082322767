import type { Grant, Limits, ProgramStatus, ProgramVersion, PublisherKey, Receiver } from "@/native/core/shapes/claims";
import { formatMember } from "./member-keys";
import type { Entry, EntryOf, Member, MemberKind, MemberValues } from "./members";

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

export type NamedHostRule = { ruleId: string; rule: MemberValues["host"] };

/** One program's published members, in the order in which its document lists them. */
export type ProgramMembers = {
  appId: string;
  registration: MemberValues["registration"] | null;
  status: ProgramStatus;
  versions: ProgramVersion[];
  grants: Record<string, Grant>;
  hosts: NamedHostRule[];
  limits: Limits;
  receives: Receiver[];
  externalRoutes: string[];
};

export type PlatformMembers = {
  limits: Limits;
  blockedHosts: string[];
  minRuntime: Record<string, string>;
  graceSeconds: number | null;
  telemetry: MemberValues["telemetry"] | null;
};

/** A program that nothing was decided about. */
export function emptyProgram(appId: string): ProgramMembers {
  return {
    appId,
    registration: null,
    status: "active",
    versions: [],
    grants: {},
    hosts: [],
    limits: {},
    receives: [],
    externalRoutes: [],
  };
}

/** Every program of the state. Lists have one order whatever order the members were written in. */
export function groupPrograms(state: PolicyState): Map<string, ProgramMembers> {
  const programs = new Map<string, ProgramMembers>();
  for (const entry of state.values()) {
    if (!("appId" in entry.member)) continue;
    const { appId } = entry.member;
    let program = programs.get(appId);
    if (program === undefined) {
      program = emptyProgram(appId);
      programs.set(appId, program);
    }
    addToProgram(program, entry);
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

function addToProgram(program: ProgramMembers, entry: Entry): void {
  switch (entry.kind) {
    case "registration":
      program.registration = entry.value;
      return;
    case "status":
      program.status = entry.value;
      return;
    case "version":
      program.versions.push(entry.value);
      return;
    case "grant":
      program.grants[entry.member.capability] = entry.value;
      return;
    case "host":
      program.hosts.push({ ruleId: entry.member.ruleId, rule: entry.value });
      return;
    case "limit":
      program.limits[entry.member.name] = entry.value;
      return;
    case "receiver":
      program.receives.push({ from: entry.member.fromAppId, actions: entry.value.actions });
      return;
    case "route":
      program.externalRoutes.push(entry.member.page);
      return;
    default:
  }
}

export function readPlatform(state: PolicyState): PlatformMembers {
  const platform: PlatformMembers = {
    limits: {},
    blockedHosts: [],
    minRuntime: {},
    graceSeconds: null,
    telemetry: null,
  };
  for (const entry of state.values()) {
    if (entry.kind === "platform-limit") platform.limits[entry.member.name] = entry.value;
    else if (entry.kind === "blocked-host") platform.blockedHosts.push(entry.member.host);
    else if (entry.kind === "min-runtime") platform.minRuntime[entry.member.runtime] = entry.value;
    else if (entry.kind === "grace-seconds") platform.graceSeconds = entry.value;
    else if (entry.kind === "telemetry") platform.telemetry = entry.value;
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
