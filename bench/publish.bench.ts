import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { narrowAtOnce } from "../lib/services/change-sets/narrow";
import type { BenchResult } from "./bench-report";
import type { FleetReport } from "./publish/device-fleet";
import { APP_ID, type BenchPlatform, openBenchPlatform } from "./publish/open-platform";

const DEVICES = 200;
const PUBLISHES = 20;
const WARM_UP = 3;
const TARGET_MS = 500;
/** Between two publishes, so that each is measured by itself. */
const PAUSE_MS = 200;

type Fleet = { applied(revision: number): Promise<{ spreadMs: number }>; connected: Promise<void>; stop(): void };

/** Starts the devices' process and gathers what it reports. */
function startFleet(platform: BenchPlatform): Fleet {
  const file = fileURLToPath(new URL("./publish/device-fleet.ts", import.meta.url));
  const child: ChildProcess = fork(file, { execArgv: ["--import", "tsx"] });
  const reached = new Map<number, { spreadMs: number }>();
  const waiting = new Map<number, (reached: { spreadMs: number }) => void>();
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever waits for the fleet hears of it; nobody may be waiting yet.
  failure.catch(() => undefined);
  const connected = new Promise<void>((resolve) => {
    child.on("message", (report: FleetReport) => {
      if (report.event === "connected") resolve();
      if (report.event === "failed") fail(new Error(`a device failed: ${report.reason}`));
      if (report.event === "applied") {
        reached.set(report.revision, { spreadMs: report.first });
        waiting.get(report.revision)?.({ spreadMs: report.first });
      }
    });
  });
  child.on("exit", (code) => fail(new Error(`the devices' process ended with ${code}`)));
  child.send(platform.order);
  return {
    connected: Promise.race([connected, failure]),
    applied(revision) {
      const known = reached.get(revision);
      if (known !== undefined) return Promise.resolve(known);
      return Promise.race([new Promise<{ spreadMs: number }>((resolve) => waiting.set(revision, resolve)), failure]);
    },
    stop() {
      child.removeAllListeners("exit");
      child.kill();
    },
  };
}

/** One decision as the console makes it: a limit is lowered by one, which one person may do at once. */
async function publishOnce(platform: BenchPlatform, max: number): Promise<number> {
  const member = `program:${APP_ID}/limit:requestsPerMinute`;
  const view = await narrowAtOnce(platform.context, platform.operator, {
    changes: [{ member, after: { max, action: "throttle" } }],
    reason: "benchmark",
  });
  if (view.platformPosition === null) throw new Error("the publish named no revision");
  return view.platformPosition.revision;
}

/**
 * From the call of the verb that publishes until the last of the connected devices has fetched, verified and compiled
 * both documents. Devices run in one process of their own on the same machine; the store is the embedded one, on disk.
 */
export async function run(): Promise<BenchResult> {
  const platform = await openBenchPlatform(DEVICES);
  const fleet = startFleet(platform);
  try {
    await fleet.connected;
    const rows: { verb: number; last: number; spread: number }[] = [];
    for (let n = 0; n < WARM_UP + PUBLISHES; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const from = performance.now();
      const revision = await publishOnce(platform, 599 - n);
      const verb = performance.now() - from;
      const { spreadMs } = await fleet.applied(revision);
      if (n >= WARM_UP) rows.push({ verb, last: performance.now() - from, spread: spreadMs });
    }
    const p95 = percentile(
      rows.map(({ last }) => last),
      0.95,
    );
    return {
      bench: "publish",
      unit: "ms",
      results: (["verb", "spread", "last"] as const).map((name) => {
        const values = rows.map((row) => row[name]);
        return {
          time: { verb: "until committed", spread: "first to last device", last: "until the last has applied" }[name],
          p50: round(percentile(values, 0.5)),
          p95: round(percentile(values, 0.95)),
          max: round(Math.max(...values)),
          devices: DEVICES,
          publishes: PUBLISHES,
        };
      }),
      target: `p95 until the last of ${DEVICES} devices has applied under ${TARGET_MS} ms (${round(p95)} ms)`,
      ok: p95 < TARGET_MS,
    };
  } finally {
    fleet.stop();
    await platform.close();
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
