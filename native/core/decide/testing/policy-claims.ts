import type { PlatformClaims, ProgramClaims } from "../../shapes/claims";

/** The time at which the documents below are in force. */
export const NOW = 1_700_000_000;

export function platformClaims(changes: Partial<PlatformClaims> = {}): PlatformClaims {
  return {
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 40,
    iat: NOW - 60,
    exp: NOW + 3600,
    limits: {},
    blockedHosts: [],
    suspended: [],
    minRevisions: {},
    minRuntime: {},
    graceSeconds: 7200,
    telemetry: { intervalSeconds: 60, sampling: 1 },
    auditHead: { sequence: 0, sha256: "0".repeat(64) },
    ...changes,
  };
}

export function programClaims(changes: Partial<ProgramClaims> = {}): ProgramClaims {
  return {
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 21,
    iat: NOW - 60,
    exp: NOW + 36_000,
    appId: "com.example.notes",
    status: "active",
    versions: [],
    publisherKeys: [],
    grants: {},
    hosts: [],
    limits: {},
    receives: [],
    externalRoutes: [],
    ...changes,
  };
}

export function listedVersion(code: number, declares: string[]): ProgramClaims["versions"][number] {
  return { code, name: `${code}.0`, sha256: "0".repeat(64), size: 1, kid: "k", declares };
}
