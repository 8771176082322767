import type { LimitName } from "@/native/core/codes";
import type { Grant, HostRule, Limit, ProgramStatus, ProgramVersion, PublicJwk } from "@/native/core/shapes/claims";
import type { PersonState } from "./lifecycles";
import type { Role } from "./roles";

/**
 * A member is the smallest thing that a decision changes: one grant, one host rule, one limit, one person's role.
 * Change sets, audit entries and the journal name members by their key and carry whole values; null means absent.
 */
export type MemberValues = {
  publisher: { name: string };
  "publisher-key": { jwk: PublicJwk; status: "active" | "revoked" };
  registration: { publisherId: string; name: string };
  status: ProgramStatus;
  version: ProgramVersion;
  grant: Grant;
  host: HostRule;
  limit: Limit;
  receiver: { actions: string[] };
  route: true;
  "platform-limit": Limit;
  "blocked-host": true;
  "min-runtime": string;
  "grace-seconds": number;
  telemetry: { intervalSeconds: number; sampling: number };
  person: { email: string; name: string; role: Role; publisherId: string | null; state: PersonState };
  /** Leave to give a person a new sign-in, by one link or in two halves. It is spent by that, and never stored. */
  "sign-in": { purpose: "invite" | "reset" };
  /** There while the sign-in is locked. */
  "sign-in-lock": true;
};
export type MemberKind = keyof MemberValues;

/**
 * Kinds whose values stand in rows of their own, because more refers to these rows or stands in them: programs, people,
 * who made a key. All others are in the one table of members.
 */
export type RowKind =
  | "publisher"
  | "publisher-key"
  | "registration"
  | "status"
  | "version"
  | "person"
  | "sign-in"
  | "sign-in-lock";

export type Member =
  | { kind: "publisher"; publisherId: string }
  | { kind: "publisher-key"; publisherId: string; kid: string }
  | { kind: "registration"; appId: string }
  | { kind: "status"; appId: string }
  | { kind: "version"; appId: string; code: number }
  | { kind: "grant"; appId: string; capability: string }
  | { kind: "host"; appId: string; ruleId: string }
  | { kind: "limit"; appId: string; name: LimitName }
  | { kind: "receiver"; appId: string; fromAppId: string }
  | { kind: "route"; appId: string; page: string }
  | { kind: "platform-limit"; name: LimitName }
  | { kind: "blocked-host"; host: string }
  | { kind: "min-runtime"; runtime: string }
  | { kind: "grace-seconds" }
  | { kind: "telemetry" }
  | { kind: "person"; personId: string }
  | { kind: "sign-in"; personId: string }
  | { kind: "sign-in-lock"; personId: string };

export type MemberOf<K extends MemberKind> = Extract<Member, { kind: K }>;

/** A member with its value; `kind` discriminates both. */
export type Entry = { [K in MemberKind]: { kind: K; member: MemberOf<K>; value: MemberValues[K] } }[MemberKind];
export type EntryOf<K extends MemberKind> = Extract<Entry, { kind: K }>;

/** A change of one member: whole value before and after. `before` and `after` are never both null. */
export type Change = { member: Member; before: unknown; after: unknown };

/** The program that a member belongs to; null for publishers, people and the platform. */
export function appIdOf(member: Member): string | null {
  return "appId" in member ? member.appId : null;
}

/** The publisher that a member itself names; a program's publisher stands in its registration. */
export function publisherIdOf(member: Member): string | null {
  return "publisherId" in member ? member.publisherId : null;
}

/** The person that a member is about; null for all others. */
export function personIdOf(member: Member): string | null {
  return "personId" in member ? member.personId : null;
}
