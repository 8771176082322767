import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { narrowAtOnce } from "../lib/services/change-sets/narrow";
import type { BenchResult } from "./bench-report";
import type { FleetReport } from "./publish/device-fleet";
import { APP_ID, type BenchPlatform, openBenchPlatform } from "./publish/open-platform";

const DEVICES = 200;
const PUBLISHES = 20;
const WARM_UP = 3;
/** What the target is for; with more devices the figures are told and not judged. */
const TARGET = { devices: DEVICES, ms: 200 } as const;
/** Between two publishes, so that each is measured by itself. */
const PAUSE_MS = 200;

type Reached = { spreadMs: number; cpuMs: number };
type Fleet = {
  applied(revision: number): Promise<Reached>;
  /** Resolves with how long the slowest stream took to open, in milliseconds. */
  connected: Promise<number>;
  stop(): void;
};

/** Starts the devices' process and gathers what it reports. */
function startFleet(platform: BenchPlatform): Fleet {
  const file = fileURLToPath(new URL("./publish/device-fleet.ts", import.meta.url));
  const child: ChildProcess = fork(file, { execArgv: ["--import", "tsx"] });
  const reached = new Map<number, Reached>();
  const waiting = new Map<number, (reached: Reached) => void>();
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever waits for the fleet hears of it; nobody may be waiting yet.
  failure.catch(() => undefined);
  const connected = new Promise<number>((resolve) => {
    child.on("message", (report: FleetReport) => {
      if (report.event === "connected") resolve(report.slowestMs);
      if (report.event === "failed") fail(new Error(`a device failed: ${report.reason}`));
      if (report.event === "applied") {
        reached.set(report.revision, report);
        waiting.get(report.revision)?.(report);
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
      return Promise.race([new Promise<Reached>((resolve) => waiting.set(revision, resolve)), failure]);
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

const TIMES = {
  verb: "until committed",
  spread: "first to last device",
  last: "until the last has applied",
} as const;

/**
 * From the call of the verb that publishes until the last of the connected devices has fetched, verified and compiled
 * both documents. Devices run in one process of their own on the same machine, whose CPU is told: a few of them do all that a
 * device does, the others fetch both documents and read how new they are, so that it is the server that is measured. The
 * store is the embedded one, on disk and in a thread of its own, as the server has it. What is published narrows: such a
 * publish is told at once, all others over a while of chance. `--devices N` for another number of them.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const { devices: asked } = parseArgs({ args: [...args], options: { devices: { type: "string" } } }).values;
  const devices = Number(asked ?? DEVICES);
  if (!Number.isSafeInteger(devices) || devices < 1) throw new Error("--devices takes a number from 1 on");
  const platform = await openBenchPlatform(devices);
  const fleet = startFleet(platform);
  try {
    const slowestOpenMs = await fleet.connected;
    const rows: { verb: number; last: number; spread: number; cpu: number; own: number }[] = [];
    let cpuBefore = 0;
    for (let n = 0; n < WARM_UP + PUBLISHES; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const from = performance.now();
      const own = process.cpuUsage();
      const revision = await publishOnce(platform, 599 - n);
      const verb = performance.now() - from;
      const { spreadMs, cpuMs } = await fleet.applied(revision);
      const used = process.cpuUsage(own);
      const times = { verb, last: performance.now() - from, spread: spreadMs };
      if (n >= WARM_UP) rows.push({ ...times, cpu: cpuMs - cpuBefore, own: (used.user + used.system) / 1000 });
      cpuBefore = cpuMs;
    }
    const p95 = percentile(
      rows.map(({ last }) => last),
      0.95,
    );
    const share = (name: "cpu" | "own") =>
      Math.round((100 * sum(rows.map((row) => row[name]))) / sum(rows.map(({ last }) => last)));
    const about = {
      devices,
      "of them verify": Math.min(devices, platform.order.verifying),
      publishes: PUBLISHES,
      "slowest stream opened, ms": round(slowestOpenMs),
      "devices' CPU, %": share("cpu"),
      "server's CPU, %": share("own"),
    };
    const isJudged = devices === TARGET.devices;
    const lighter = `all devices but ${about["of them verify"]} read how new what they fetched is and verify nothing, and none stores or reports what it applied`;
    return {
      bench: "publish",
      unit: "ms",
      results: (["verb", "spread", "last"] as const).map((name) => {
        const values = rows.map((row) => row[name]);
        return {
          time: TIMES[name],
          p50: round(percentile(values, 0.5)),
          p95: round(percentile(values, 0.95)),
          max: round(Math.max(...values)),
          ...about,
        };
      }),
      target: isJudged
        ? `p95 until the last of ${devices} devices has applied under ${TARGET.ms} ms (${round(p95)} ms); ${lighter}`
        : `told for ${devices} devices, judged for ${TARGET.devices} (${round(p95)} ms); ${lighter}`,
      ok: isJudged ? p95 < TARGET.ms : null,
    };
  } finally {
    fleet.stop();
    await platform.close();
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
