/** Claims that vectors and tests of decisions start from; each case changes what it is about. Nothing here is signed. */

export const NOW = 1_700_000_000;
const DAY = 86_400;
const digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";

type Members = Record<string, unknown>;

export function platformClaims(changes: Members = {}): Members {
  return {
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 40,
    iat: NOW - 3600,
    exp: NOW + DAY - 3600,
    limits: {},
    blockedHosts: [],
    suspended: [],
    minRevisions: {},
    minRuntime: {},
    graceSeconds: 3 * DAY,
    telemetry: { intervalSeconds: 60, sampling: 1 },
    auditHead: { sequence: 7, sha256: digest },
    ...changes,
  };
}

export function version(code: number, declares: readonly string[]): Members {
  return { code, name: `1.${code}`, sha256: digest, size: 4096, kid: "publisher-1", declares };
}

export function programClaims(changes: Members = {}): Members {
  return {
    schema: 1,
    platform: "super.test",
    epoch: 3,
    revision: 21,
    iat: NOW - 7200,
    exp: NOW + 90 * DAY - 7200,
    appId: "com.example.notes",
    status: "active",
    versions: [version(11, []), version(12, [])],
    publisherKeys: [],
    grants: {},
    hosts: [],
    limits: {},
    receives: [],
    externalRoutes: [],
    ...changes,
  };
}
