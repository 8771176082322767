import { randomBytes } from "node:crypto";

/** A batch as a device sends it, for tests; what is given replaces the member. Times are whole seconds. */
export function buildBatch(
  nowSeconds: number,
  members: Record<string, unknown> = {},
): Record<string, unknown> & { batchId: string } {
  return {
    batchId: randomBytes(12).toString("hex"),
    sequence: 1,
    sentAt: nowSeconds,
    runtime: { kind: "linux", version: "0.2.0", layers: [{ name: "bubblewrap", active: true }] },
    applied: { epoch: 1, keyset: 1, platform: 1, programs: {} },
    programs: [],
    events: [],
    discarded: [],
    ...members,
  };
}

/** One minute entry with the given counts; the rest is zero. */
export function buildMinute(at: number, members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    at: at - (at % 60),
    cpuMs: 0,
    memoryBytesMax: 0,
    requests: 0,
    blocked: 0,
    bytesIn: 0,
    bytesOut: 0,
    inFlightMax: 0,
    apis: {},
    hosts: [],
    throttledMs: 0,
    crashes: 0,
    denials: [],
    ...members,
  };
}

/** A blocked request, as an event. */
export function buildBlocked(at: number, members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventId: `evt-${randomBytes(8).toString("hex")}`,
    at,
    type: "blocked_request",
    appId: "com.example.a",
    versionCode: 1,
    denialId: randomBytes(16).toString("hex"),
    code: "HOST_NOT_ALLOWED",
    layer: "host",
    rule: null,
    host: "tracker.example",
    port: 443,
    purpose: "request",
    ...members,
  };
}
