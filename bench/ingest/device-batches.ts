import type { ReceivedBatch } from "../../lib/sync/telemetry/received-batch";
import { buildBatch, buildMinute } from "../../lib/sync/testing/batch-builder";

export const PROGRAMS = ["com.example.bencha", "com.example.benchb", "com.example.benchc"];
const MINUTES = 5;
const HOSTS = 20;
const CAUSES = 10;
const EVENTS = 20;

/** Figures of devices that are alike and not the same. */
const figure = (seed: number, most: number) => (seed * 7919) % most;

function minuteOf(seed: number, at: number) {
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
    hosts: Array.from({ length: HOSTS }, (_, n) => {
      const [allowed, blocked] = [figure(seed + n, 9), figure(seed + n, 2)];
      return { host: `api${n}.bench-upstream.example`, port: 443, purpose: "request", allowed, blocked };
    }),
    denials: Array.from({ length: CAUSES }, (_, n) => ({
      ...{ cause: n.toString(16).padStart(16, "0"), code: "HOST_NOT_ALLOWED", layer: "host", rule: null },
      ...{ api: "network.request", host: `no${n}.bench.example`, port: 443, purpose: "request" },
      count: 1 + figure(seed + n, 4),
    })),
  });
}

/** One batch of a device as a device sends it: three programs, five minutes, their hosts and causes, twenty events. */
export function deviceBatch(nth: number, nowSeconds: number): ReceivedBatch {
  const last = Math.floor(nowSeconds / 60) * 60 - 600;
  const at = Array.from({ length: MINUTES }, (_, n) => last - n * 60);
  const batch = buildBatch(nowSeconds, {
    programs: PROGRAMS.map((appId, program) => ({
      appId,
      versionCode: 1,
      minutes: at.map((minute, n) => minuteOf(nth * 100 + program * 10 + n, minute)),
    })),
    events: Array.from({ length: EVENTS }, (_, n) => ({
      ...{ eventId: `evt-bench-${nth}-${n}`, at: last + n, type: "blocked_request", appId: PROGRAMS[n % 3] },
      ...{ versionCode: 1, denialId: `${(n % CAUSES).toString(16).padStart(16, "0")}-${nth}-${n}`.padEnd(32, "0") },
      ...{ code: "HOST_NOT_ALLOWED", layer: "host", rule: null, epoch: 1, platformRevision: 1, programRevision: 1 },
      ...{ api: "network.request", host: `no${n % CAUSES}.bench.example`, port: 443, purpose: "request" },
    })),
  });
  // Safe: a batch that a device could send; the service judges it like any other.
  return batch as unknown as ReceivedBatch;
}
