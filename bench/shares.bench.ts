import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createHostTurns } from "../native/host/bridge/host-turns";
import { missingLayers } from "../native/host/confinement/confinement-layers";
import { type Confinement, probeConfinement } from "../native/host/confinement/probe-confinement";
import { createMinuteCounter } from "../native/host/device/minute-counter";
import { createEgress } from "../native/host/egress/perform-request";
import type { Engine } from "../native/host/engines/engine";
import { evilEngine } from "../native/host/program/testing/evil-engine";
import { startTestProgram, type TestProgram } from "../native/host/program/testing/program-bench";
import { keepHeapLean } from "../native/host/runtime/lean-heap";
import { systemTimers } from "../native/host/runtime/system-ports";
import type { BenchResult } from "./bench-report";

const RATIO_MAX = 2;
const GROWTH_MIB_MAX = 64;
const SECONDS = 30;
const MIB = 1024 * 1024;

/** Ten groups a second of four calls one after the other; each group says how long a call of it took. */
const GOOD = `
  const group = async () => {
    const from = Date.now();
    for (let call = 0; call < 4; call += 1) await bulkhead.call("device.info", {});
    console.log("took " + (Date.now() - from) / 4);
  };
  setInterval(() => { group(); }, 100);`;

/**
 * Each is within its rights as the host sees it: none of these is stopped by anything but its limits. Programs by their
 * source, engines that were taken over by what they say (`evil-frames.mjs`).
 */
const ABUSERS: Record<string, string | { engine: string }> = {
  "storm of calls": `setInterval(() => { for (let call = 0; call < 200; call += 1) bulkhead.call("device.info", {}).catch(() => {}); }, 4);`,
  "big values": `
    const items = Array.from({ length: 55000 }, (_, at) => ({ ["k" + at]: at }));
    const again = async () => { for (;;) { await bulkhead.storage.local.set("big", items).catch(() => {}); await bulkhead.storage.local.get("big").catch(() => {}); } };
    again(); again(); again();`,
  "invented names": `let name = 0; setInterval(() => { for (let call = 0; call < 50; call += 1) bulkhead.call("made.up." + name++, {}).catch(() => {}); }, 20);`,
  "lines of console": `setInterval(() => { for (let line = 0; line < 500; line += 1) console.log("x".repeat(1000)); }, 10);`,
  "answers unread": `
    await bulkhead.storage.local.set("big", "x".repeat(900 * 1024)).catch(() => {});
    for (;;) {
      for (let call = 0; call < 100; call += 1) bulkhead.storage.local.get("big").catch(() => {});
      const until = Date.now() + 3000; while (Date.now() < until);
      await new Promise((go) => setTimeout(go, 1));
    }`,
  "names never answered": `setInterval(() => { for (let call = 0; call < 20; call += 1) bulkhead.network.request({ url: "https://api.allowed.test/" }).catch(() => {}); }, 100);`,
  "engine: calls, no answer read": { engine: "calls" },
  "engine: lines": { engine: "console" },
  "engine: longest lines, values and bodies": { engine: "long" },
};

function abuse(what: string | { engine: string }): { source: string; engine?: Engine } {
  return typeof what === "string" ? { source: what } : { source: "", engine: evilEngine(what.engine) };
}

const quantile = (values: readonly number[], at: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0;
};

/** What `GOOD` said since this was last asked. */
function createReadings(program: TestProgram) {
  let read = 0;
  return () => {
    const said = program
      .lines()
      .slice(read)
      .filter((line) => line.startsWith("took "));
    read = program.lines().length;
    return said.map((line) => Number(line.slice(5)));
  };
}

async function measure(
  confinement: Confinement,
  storageDir: string,
  seconds: number,
  abusers: [string, (typeof ABUSERS)[string]][],
) {
  const turns = createHostTurns({ monotonicMs: () => performance.now(), timers: systemTimers, later: setImmediate });
  const counter = createMinuteCounter(() => undefined);
  const telemetry = { addToMinute: counter.add, recordEvent: () => undefined };
  const egress = createEgress({
    resolve: () => new Promise(() => undefined),
    isPublicAddress: () => true,
    findDevelopmentHost: () => undefined,
    telemetry,
    policyNow: () => 1_800_000_000,
  });
  const running: TestProgram[] = [];
  const start = async (user: string, source: string, engine?: Engine) => {
    const program = await startTestProgram(source, {
      ...{ confinement, storageDir, user, turns, telemetry, egress },
      ...(engine === undefined ? {} : { engine }),
    });
    running.push(program);
    return program;
  };
  const beat = setInterval(() => counter.take(), 1000);
  let peakBytes = 0;
  let peakOf = { heapMib: 0, externalMib: 0 };
  const look = setInterval(() => {
    const { rss, heapTotal, external } = process.memoryUsage();
    if (rss > peakBytes) peakOf = { heapMib: heapTotal / MIB, externalMib: external / MIB };
    peakBytes = Math.max(peakBytes, rss);
  }, 50);
  try {
    const readings = createReadings(await start("good", GOOD));
    const idle = await Promise.all(abusers.map(([name]) => start(`idle ${name}`, "")));
    await pause(3_000);
    readings();
    await pause(seconds * 1000);
    const alone = readings();
    await Promise.all(idle.map(({ program }) => program.stop("stopped")));
    const { rss: idleBytes, heapTotal } = process.memoryUsage();
    peakBytes = 0;
    for (const [name, what] of abusers) {
      const { source, engine } = abuse(what);
      await start(name, source, engine);
    }
    await pause(3_000);
    readings();
    await pause(seconds * 1000);
    const ended = await Promise.all(
      running.slice(-abusers.length).map(({ program }) => Promise.race([program.ended, undefined])),
    );
    const gone = ended.flatMap((end, place) =>
      end === undefined ? [] : [`${abusers[place]?.[0]}: ${end.says ?? end.reason}`],
    );
    return {
      alone,
      together: readings(),
      growthMib: (peakBytes - idleBytes) / MIB,
      ...peakOf,
      idleHeapMib: heapTotal / MIB,
      gone,
    };
  } finally {
    clearInterval(beat);
    clearInterval(look);
    await Promise.all(running.map(({ program }) => program.stop("stopped")));
  }
}

/**
 * One good program, six that abuse what they are allowed and three engines that were taken over, in one host: how long the good one's calls take, alone and
 * among them, and how much the host's memory grows. `npm run bench -- shares [seconds] [name of one abuser]`.
 */
export async function run([seconds = String(SECONDS), only]: readonly string[]): Promise<BenchResult> {
  const target = `the good program's p95 at most ${RATIO_MAX} times its own alone, the host's memory within ${GROWTH_MIB_MAX} MiB of idle`;
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  if (missing.length > 0) {
    const results = missing.map((name) => ({ calls: "not measured", missing: name }));
    return { bench: "shares", unit: "ms", results, target, ok: false };
  }
  const abusers = Object.entries(ABUSERS).filter(([name]) => only === undefined || name === only);
  // as the host does that is a process of its own
  keepHeapLean();
  const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-bench-shares-"));
  try {
    const { alone, together, growthMib, heapMib, idleHeapMib, externalMib, gone } = await measure(
      confinement,
      storageDir,
      Number(seconds),
      abusers,
    );
    const row = (calls: string, values: readonly number[]) => ({
      ...{ calls, groups: values.length, p50: quantile(values, 0.5) },
      ...{ p95: quantile(values, 0.95), max: quantile(values, 1) },
    });
    const ratio = quantile(together, 0.95) / quantile(alone, 0.95);
    const results = [
      row("alone", alone),
      row(`among ${abusers.length} abusers`, together),
      { calls: "ratio of p95", p95: ratio },
      { calls: "growth of the host, MiB", max: growthMib },
      { calls: "heap of the host: idle, then, MiB", p50: idleHeapMib, max: heapMib },
      { calls: "buffers of the host, MiB", max: externalMib },
      ...gone.map((calls) => ({ calls })),
    ];
    return { bench: "shares", unit: "ms", results, target, ok: ratio <= RATIO_MAX && growthMib <= GROWTH_MIB_MAX };
  } finally {
    await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
