import { describe, expect, test } from "vitest";
import { compilePolicy } from "@/native/core/decide/compile-policy";
import type { Grant, HostRule } from "@/native/core/shapes/claims";
import { capabilityRow, hostRow, type RowFacts } from "./access-rows";

const APP = "com.example.coins";
const NOW = 1_000;
const USED = new Date(500_000);

type World = { grants?: Record<string, Grant>; hosts?: HostRule[]; blocked?: string[]; suspended?: boolean };

function factsOf({ grants = {}, hosts = [], blocked = [], suspended = false }: World): RowFacts {
  const envelope = { schema: 1 as const, platform: "p", epoch: 1, revision: 1, iat: 1, exp: 9_000 };
  const declares = ["camera.capture", "nfc.read", "network.request", "storage.local"];
  const policy = compilePolicy(
    {
      ...envelope,
      appId: APP,
      status: "active",
      versions: [{ code: 3, name: "3", sha256: "a".repeat(64), size: 1, kid: "k", declares }],
      publisherKeys: [],
      grants,
      hosts,
      limits: {},
      receives: [],
      externalRoutes: [],
    },
    {
      ...envelope,
      limits: {},
      blockedHosts: blocked,
      suspended: suspended ? [APP] : [],
      minRevisions: {},
      minRuntime: {},
      graceSeconds: 60,
      telemetry: { intervalSeconds: 5, sampling: 100 },
      auditHead: { sequence: 0, sha256: "0".repeat(64) },
    },
  );
  return {
    appId: APP,
    versionCode: 3,
    policy,
    now: NOW,
    runtimes: [{ kind: "linux", version: "1.0.0" }],
    wishes: { reasons: new Map([["nfc.read", "To read cards."]]), hosts: [] } as unknown as RowFacts["wishes"],
    used: {
      capabilities: new Map([["camera.capture", USED]]),
      hosts: new Map([
        ["a.example.com", [{ port: 443, purpose: "upload", at: USED }]],
        ["*.example.com", [{ port: 443, purpose: "request", at: USED }]],
      ]),
      refusedHosts: new Map(),
    },
  };
}

const capability = (name: string, grant: Grant | null, isDeclared = true, world: World = {}) =>
  capabilityRow(factsOf({ grants: grant === null ? {} : { [name]: grant }, ...world }), name, isDeclared, grant);

describe("a capability's row", () => {
  test("names the one limit that there is", () => {
    expect(capability("camera.capture", { consent: "none", constraints: { perDay: 3 } }).detail).toBe("perDay");
  });

  test("that is allowed after a question says so, with its limits and its last use", () => {
    const grant: Grant = { consent: "ask", until: 2_000, constraints: { perMinute: 1, foregroundOnly: true } };
    expect(capability("camera.capture", grant)).toEqual({
      key: "capability:camera.capture",
      kind: "capability",
      name: "camera.capture",
      detail: "perMinute, foregroundOnly",
      sensitivity: "dangerous",
      declared: { state: "yes", text: "declared", decides: false },
      granted: { state: "yes", text: "granted", decides: false },
      consent: { state: "ask", text: "asks the user", decides: true },
      platform: { state: "none", text: "not blocked", decides: false },
      until: { state: "until", text: "1970-01-01T00:33:20.000Z", decides: false },
      lastUsedAt: "1970-01-01T00:08:20.000Z",
      result: expect.objectContaining({ decision: "ask", code: "CONSENT_REQUIRED", layer: "consent" }),
      member: `program:${APP}/grant:camera.capture`,
      value: grant,
      wish: null,
      reason: null,
    });
  });

  test("that is declared and not granted wishes for what its sensitivity asks, with the publisher's reason", () => {
    expect(capability("nfc.read", null)).toMatchObject({
      detail: "",
      granted: { state: "no", text: "not granted", decides: true },
      consent: { state: "none", text: "" },
      until: { state: "none", text: "" },
      lastUsedAt: null,
      result: { decision: "deny", code: "PERMISSION_DENIED", layer: "grant" },
      value: null,
      wish: { consent: "ask" },
      reason: "To read cards.",
    });
    expect(capability("storage.local", null)).toMatchObject({ wish: { consent: "none" }, sensitivity: "public" });
  });

  test("that is granted and not declared, or over, names the cell that decides", () => {
    expect(capability("contacts.read", { consent: "none" }, false)).toMatchObject({
      declared: { state: "no", text: "not declared", decides: true },
      granted: { decides: false },
      consent: { state: "none", text: "not asked" },
      wish: null,
    });
    const over = capability("nfc.read", { consent: "none", until: NOW });
    expect(over).toMatchObject({ granted: { decides: false }, until: { decides: true }, result: { decision: "deny" } });
    expect(capability("nfc.read", { consent: "none", until: NOW + 1 })).toMatchObject({
      until: { decides: false },
      result: { decision: "allow" },
    });
  });

  test("of a suspended program is decided by the platform; one that the catalogue does not have has no sensitivity", () => {
    const row = capability("nfc.read", { consent: "none" }, true, { suspended: true });
    expect(row).toMatchObject({
      platform: { state: "no", text: "blocked", decides: true },
      result: { decision: "deny" },
    });
    expect(capability("made.up", null)).toMatchObject({ sensitivity: null, result: { code: "UNKNOWN_API" } });
  });
});

const rule: HostRule = { host: "a.example.com", ports: [443, 8443], purposes: ["request", "upload"] };
const pins = { sha256: ["a".repeat(64)], until: 2_000, mode: "enforce" as const };

describe("a host's row", () => {
  const row = (over: HostRule, more: object = {}, world: World = {}) =>
    hostRow(factsOf({ hosts: [over], ...world }), {
      ...{ pattern: over.host, ports: over.ports, purposes: over.purposes, rule: over, member: "m", wish: undefined },
      ...more,
    });

  test("that is allowed by a pinned rule says so, with its last use and what to propose", () => {
    expect(row({ ...rule, pins, until: 2_000 })).toEqual({
      key: "host:m",
      kind: "host",
      name: "a.example.com",
      detail: "443, 8443, request and upload, pinned",
      sensitivity: null,
      declared: { state: "no", text: "not declared", decides: false },
      granted: { state: "yes", text: "allowed by a rule", decides: false },
      consent: { state: "none", text: "", decides: false },
      platform: { state: "none", text: "not blocked", decides: false },
      until: { state: "until", text: "1970-01-01T00:33:20.000Z", decides: false },
      lastUsedAt: "1970-01-01T00:08:20.000Z",
      result: expect.objectContaining({ decision: "allow", code: "ALLOWED" }),
      member: "m",
      value: { ...rule, pins, until: 2_000 },
      wish: { host: "a.example.com", ports: [443, 8443], purposes: ["request", "upload"] },
      reason: null,
    });
  });

  test("of a wildcard is asked for by a name below it, and of a socket by its scheme", () => {
    const wildcard = { ...rule, host: "*.example.com" };
    expect(row(wildcard)).toMatchObject({ result: { decision: "allow" }, lastUsedAt: USED.toISOString() });
    expect(row({ ...wildcard, ports: [8443] })).toMatchObject({ lastUsedAt: null });
    expect(row({ ...wildcard, purposes: ["upload"] })).toMatchObject({ lastUsedAt: null });
    expect(row({ ...rule, purposes: ["socket"] })).toMatchObject({ result: { decision: "allow" } });
  });

  test("is refused in part where some of its ports or purposes are", () => {
    const wish = { host: "a.example.com", ports: [443, 99], purposes: ["request" as const], reason: "" };
    const asked = { rule: null, member: null, wish, ports: wish.ports, purposes: wish.purposes };
    expect(row(rule, asked)).toMatchObject({ result: { decision: "deny", code: "PORT_NOT_ALLOWED", isPartly: true } });
    expect(row(rule, { ...asked, ports: [443] })).toMatchObject({ result: { decision: "allow", isPartly: false } });
  });

  test("that is over, blocked or of no rule names the cell that decides", () => {
    expect(row({ ...rule, until: NOW })).toMatchObject({
      granted: { decides: false },
      until: { decides: true },
      result: { decision: "deny" },
    });
    expect(row(rule, {}, { blocked: ["example.com"] })).toMatchObject({
      granted: { decides: false },
      platform: { state: "no", text: "blocked", decides: true },
    });
    const wish = { host: "b.example.com", ports: [443], purposes: ["request" as const], reason: "For prices." };
    expect(row(rule, { pattern: "b.example.com", rule: null, member: null, wish })).toMatchObject({
      key: "host:b.example.com:443:request",
      declared: { state: "yes", text: "declared" },
      granted: { state: "no", text: "no rule", decides: true },
      value: null,
      wish: { host: "b.example.com", ports: [443], purposes: ["request"] },
      reason: "For prices.",
    });
  });
});
