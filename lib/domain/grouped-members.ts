import type { Grant, Limits, ProgramStatus, ProgramVersion, Receiver } from "@/native/core/shapes/claims";
import type { MemberValues } from "./members";

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

/** A platform that nothing was decided about. */
export function emptyPlatform(): PlatformMembers {
  return { limits: {}, blockedHosts: [], minRuntime: {}, graceSeconds: null, telemetry: null };
}
