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
};
export type MemberKind = keyof MemberValues;

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
  | { kind: "person"; personId: string };

/** A change of one member: whole value before and after. `before` and `after` are never both null. */
export type Change = { member: Member; before: unknown; after: unknown };
