import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { openStore } from "../db/open-store";
import { rowsOf } from "../db/rows";
import { createLogger } from "../lib/platform/logger";
import type { BenchResult } from "./bench-report";
import { percentile, round, slope } from "./figures";
import { APP_IDS, type BenchServer, openBenchServer } from "./load/bench-server";
import type { DevicesEvent, DevicesOrder, DevicesResult } from "./load/devices";
import { measureLive } from "./load/live-memory";
import { startLoad } from "./load/load-process";
import type { ProberOrder, ProberResult } from "./load/prober";

const DEVICES = [200, 400, 800];
const INTERVAL_SECONDS = 5;
const MINUTES = 10;
const SAMPLE_MS = 5_000;
const TARGET = { healthMs: 500, streamMs: 2_000, growthMiB: 1 } as const;

type Row = Record<string, string | number>;

/** What is stored of all programs' requests, folded or not, once nobody has the folder any more. */
async function storedRequests(dataDir: string): Promise<number> {
  const logger = createLogger((line) => process.stderr.write(line));
  const { store } = await openStore({ location: { kind: "pglite", dataDir }, logger });
  try {
    const [row] = await rowsOf<{ sum: string | null }>(
      store.db,
      sql`select sum(requests)::text as sum from (
        select requests from telemetry_minutes union all select requests from fleet_minutes) as told`,
    );
    return Number(row?.sum ?? 0);
  } finally {
    await store.close();
  }
}

type Sample = { minute: number; liveMiB: number; memoryMiB: number };

/** A figure's growth over the second half of the run, in MiB a minute. */
function growth(samples: readonly Sample[], minutes: number, of: "liveMiB" | "memoryMiB"): number {
  const half = samples.filter(({ minute }) => minute >= minutes / 2);
  return slope(half.map((sample) => ({ x: sample.minute, y: sample[of] })));
}

async function reportOften({ sessions }: BenchServer): Promise<void> {
  const after = { intervalSeconds: INTERVAL_SECONDS, sampling: 100 };
  await sessions.operator.post("change-sets/narrow", {
    ...{ changes: [{ member: "platform/telemetry", after }], reason: "Often, for the benchmark." },
  });
}

async function measure(devices: number, minutes: number): Promise<{ row: Row; ok: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-live-"));
  const live = measureLive(folder);
  const server = await openBenchServer(0, live.env);
  try {
    await reportOften(server);
    const fleet = startLoad<DevicesOrder, DevicesEvent, DevicesResult>("devices", {
      ...{ baseUrl: server.url, appIds: APP_IDS, files: await server.enrolments("device", devices) },
      ...{ hasStreams: true, reportEverySeconds: INTERVAL_SECONDS },
    });
    await fleet.ready;
    const prober = startLoad<ProberOrder, never, ProberResult>("prober", { baseUrl: server.url });
    await prober.ready;
    const samples: Sample[] = [];
    const before = server.usage();
    const from = performance.now();
    for (let minute = 0; minute < minutes; minute = (performance.now() - from) / 60_000) {
      samples.push({ minute, liveMiB: live.liveMiB(), memoryMiB: server.usage().memoryMiB });
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
    const { cpuMs } = server.usage();
    const [{ result, cpuMs: loadMs }, health] = [await fleet.stop(), (await prober.stop()).result];
    await server.stop();
    // Whoever was not answered may have been counted: what is stored lies between the two.
    const stored = await storedRequests(server.dataDir);
    const lost = Math.max(0, result.acknowledged - stored);
    const twice = Math.max(0, stored - result.acknowledged - result.unheard);
    const { 200: taken = 0, 503: refused = 0, ...others } = result.statuses;
    const [healthMs, streamMs] = [percentile(health.healthMs, 0.95), Math.max(...result.streamOpenMs)];
    const grown = growth(samples, minutes, "liveMiB");
    const isClean = Object.keys(others).length === 0 && result.refusalsWithoutRetryAfter === 0;
    return {
      row: {
        devices,
        "batches taken": taken,
        "refused 503": refused,
        "other answers": Object.entries(others)
          .map(([status, count]) => `${status}: ${count}`)
          .join(" "),
        "requests lost": lost,
        "counted twice": twice,
        "health p95": round(healthMs),
        "health max": round(Math.max(...health.healthMs)),
        "stream max": round(streamMs),
        "batch p95": round(percentile(result.batchMs, 0.95)),
        "interval s": result.nextIntervalSeconds ?? "",
        "live MiB": round(samples.at(-1)?.liveMiB ?? Number.NaN),
        "live MiB/min": round(grown),
        "RSS max MiB": round(Math.max(...samples.map(({ memoryMiB }) => memoryMiB))),
        "RSS MiB/min": round(growth(samples, minutes, "memoryMiB")),
        "server CPU %": round((cpuMs - before.cpuMs) / 10 / (minutes * 60)),
        "load CPU s": round(loadMs / 1000),
      },
      ok:
        isClean &&
        lost === 0 &&
        twice === 0 &&
        healthMs < TARGET.healthMs &&
        streamMs < TARGET.streamMs &&
        grown < TARGET.growthMiB,
    };
  } finally {
    await server.stop();
    server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * More devices than the embedded store can follow, each reporting every 5 s over ten minutes (`--devices 200,400`,
 * `--minutes N`): what is accepted is counted, what is refused is told when to come again, and the rest goes on.
 */
export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { devices: { type: "string" }, minutes: { type: "string" } },
  });
  const minutes = Number(values.minutes ?? MINUTES);
  const results: Row[] = [];
  let ok = true;
  for (const devices of values.devices?.split(",").map(Number) ?? DEVICES) {
    const measured = await measure(devices, minutes);
    results.push(measured.row);
    ok &&= measured.ok;
  }
  return {
    bench: "overload",
    unit: "ms",
    results,
    target: `over ${minutes} minutes nothing accepted is lost or counted twice, refusals are 503 with Retry-After, health p95 under ${TARGET.healthMs} ms, streams open within ${TARGET.streamMs} ms, what is live in memory grows less than ${TARGET.growthMiB} MiB a minute in the second half`,
    ok,
  };
}
