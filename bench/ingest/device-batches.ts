import type { ReceivedBatch } from "../../lib/sync/telemetry/received-batch";
import { buildBatch, buildMinute } from "../../lib/sync/testing/batch-builder";

export const PROGRAMS = ["com.example.bencha", "com.example.benchb", "com.example.benchc"];
/** What is in a batch: minutes of each program, hosts and causes of each minute, events. */
export type BatchShape = {
  programs: readonly string[];
  minutes: number;
  hosts: number;
  causes: number;
  events: number;
};
const AS_SENT: BatchShape = { programs: PROGRAMS, minutes: 5, hosts: 20, causes: 10, events: 20 };

/** Figures of devices that are alike and not the same. */
const figure = (seed: number, most: number) => (seed * 7919) % most;

function minuteOf(seed: number, at: number, shape: BatchShape) {
  return buildMinute(at, {
    cpuMs: figure(seed, 4_000),
    memoryBytesMax: 40_000_000 + figure(seed, 20_000_000),
    requests: figure(seed, 120),
    blocked: figure(seed, 12),
    bytesIn: figure(seed, 900_000),
    bytesOut: figure(seed, 90_000),
    inFlightMax: figure(seed, 8),
    requestsPerSecondMax: figure(seed, 9),
    bridgeCalls: figure(seed, 400),
    bridgeCallsPerSecondMax: figure(seed, 30),
    storageBytesMax: figure(seed, 5_000_000),
    cacheBytesMax: figure(seed, 9_000_000),
    limits: { requestsPerMinute: { refused: figure(seed, 3) } },
    apis: {
      "network.request": { allowed: figure(seed, 120), denied: figure(seed, 5) },
      "storage.local.get": { allowed: figure(seed, 60), denied: 0 },
    },
    hosts: Array.from({ length: shape.hosts }, (_, n) => {
      const [allowed, blocked] = [figure(seed + n, 9), figure(seed + n, 2)];
      return { host: `api${n}.bench-upstream.example`, port: 443, purpose: "request", allowed, blocked };
    }),
    denials: Array.from({ length: shape.causes }, (_, n) => ({
      ...{ cause: n.toString(16).padStart(16, "0"), code: "HOST_NOT_ALLOWED", layer: "host", rule: null },
      ...{ api: "network.request", host: `no${n}.bench.example`, port: 443, purpose: "request" },
      count: 1 + figure(seed + n, 4),
    })),
  });
}

/** One batch of a device, as a device sends it where nothing else is said: three programs, five minutes, their hosts and causes, twenty events. */
export function deviceBatch(nth: number, nowSeconds: number, shape = AS_SENT): ReceivedBatch {
  const { programs, minutes, causes } = shape;
  const last = Math.floor(nowSeconds / 60) * 60 - 600;
  const at = Array.from({ length: minutes }, (_, n) => last - n * 60);
  const batch = buildBatch(nowSeconds, {
    programs: programs.map((appId, program) => ({
      appId,
      versionCode: 1,
      minutes: at.map((minute, n) => minuteOf(nth * 100 + program * 10 + n, minute, shape)),
    })),
    events: Array.from({ length: shape.events }, (_, n) => ({
      ...{
        eventId: `evt-bench-${nth}-${n}`,
        at: last + n,
        type: "blocked_request",
        appId: programs[n % programs.length],
      },
      ...{ versionCode: 1, denialId: `${(n % causes).toString(16).padStart(16, "0")}-${nth}-${n}`.padEnd(32, "0") },
      ...{ code: "HOST_NOT_ALLOWED", layer: "host", rule: null, epoch: 1, platformRevision: 1, programRevision: 1 },
      ...{ api: "network.request", host: `no${n % causes}.bench.example`, port: 443, purpose: "request" },
    })),
  });
  // Safe: a batch that a device could send; the service judges it like any other.
  return batch as unknown as ReceivedBatch;
}
