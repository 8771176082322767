import type { DocumentClaims, PlatformClaims, ProgramClaims } from "@/native/core/shapes/claims";
import { PLATFORM_DEFAULTS } from "./platform-defaults";
import { groupPrograms, type PolicyState, readPlatform, readProgram, readPublisherKeys } from "./policy-state";

/** What the decisions say of a program; the policy service adds revision, times and epoch (spec §4). */
export type ProgramContent = Omit<ProgramClaims, keyof DocumentClaims>;
/** What the decisions say of the platform. Minimum revisions and the audit head are the policy service's. */
export type PlatformContent = Omit<PlatformClaims, keyof DocumentClaims | "minRevisions" | "auditHead">;

/** The one projection of members to a program document's claims; the narrowing proof looks at nothing else. */
export function projectProgram(state: PolicyState, appId: string): ProgramContent {
  const program = readProgram(state, appId);
  const publisherId = program.registration?.publisherId;
  return {
    appId,
    status: program.status,
    versions: program.versions,
    publisherKeys: publisherId === undefined ? [] : readPublisherKeys(state, publisherId),
    grants: program.grants,
    hosts: program.hosts.map(({ rule }) => rule),
    limits: program.limits,
    receives: program.receives,
    externalRoutes: program.externalRoutes,
  };
}

/**
 * The platform document's claims. Suspended and retired programs both stand in `suspended`, because that list acts as
 * soon as it is verified, before a device has the program's own document.
 */
export function projectPlatform(state: PolicyState): PlatformContent {
  const platform = readPlatform(state);
  return {
    limits: platform.limits,
    blockedHosts: platform.blockedHosts,
    suspended: [...groupPrograms(state).values()]
      .filter((program) => program.status !== "active")
      .map((program) => program.appId)
      .sort(),
    minRuntime: platform.minRuntime,
    graceSeconds: platform.graceSeconds ?? PLATFORM_DEFAULTS.graceSeconds,
    telemetry: platform.telemetry ?? PLATFORM_DEFAULTS.telemetry,
  };
}
