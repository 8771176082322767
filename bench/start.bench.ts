import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createFrameReader, encodeFrame, FROM_HOST, FROM_PROGRAM } from "../native/host/bridge/frame-codec";
import { missingLayers } from "../native/host/confinement/confinement-layers";
import { type Confinement, probeConfinement } from "../native/host/confinement/probe-confinement";
import { scriptEngine } from "../native/host/engines/script/script-engine";
import { launchEngine, removeGroup } from "../native/host/program/launch-engine";
import { createSpareEngines, type SpareEngines } from "../native/host/program/spare-engines";
import { policyOf, startTestProgram } from "../native/host/program/testing/program-bench";
import type { BenchResult } from "./bench-report";

const ROUNDS = 25;
const WARM_UP = 3;
const RATIO_MAX = 1.1;
const WARM_MS_MAX = 20;
/** How long a spare is left alone before it is taken, as it would be: its engine is ready long before. */
const WAIT_MS = 500;
const STOP_MS_MAX = 1_000;
const SOURCE = `bulkhead.call("device.info", {});`;
const BUSY_SOURCE = `${SOURCE} for (;;);`;
const MEMORY_BYTES = 256 * 1024 * 1024;

/** The same engine in the same confinement, given the same source, with nobody behind its channel. */
async function bareStart(confinement: Confinement): Promise<number> {
  const from = performance.now();
  const launched = await launchEngine(scriptEngine, confinement, MEMORY_BYTES, () => undefined);
  if (!launched.ok) throw new Error(launched.reason);
  const { channel, kill, exited } = launched.process;
  const called = new Promise<number>((resolve, reject) => {
    const reader = createFrameReader();
    channel.on("data", (bytes: Buffer) => {
      reader.add(bytes);
      for (let frame = reader.next(); typeof frame === "object"; frame = reader.next()) {
        if (frame.kind === FROM_PROGRAM.call) resolve(performance.now() - from);
      }
    });
    channel.on("error", reject);
    channel.on("close", () => reject(new Error("the engine ended before its call")));
  });
  channel.write(encodeFrame(FROM_HOST.source, SOURCE));
  channel.write(
    encodeFrame(FROM_HOST.run, JSON.stringify({ memoryPagesMax: 2048, turnCpuMsMax: 5_000, turnWallMsMax: 30_000 })),
  );
  const elapsed = await called;
  kill();
  await exited;
  await removeGroup(launched.group);
  return elapsed;
}

type Run = { startMs: number; stopMs: number };

/**
 * A whole program: storage, policy, limits, bridge, telemetry; until its first call was decided and allowed, and from the
 * wish to stop it to its end.
 */
async function programRun(storageDir: string, source: string, spares?: SpareEngines): Promise<Run> {
  const policy = policyOf();
  const from = performance.now();
  let decided: (elapsed: number) => void = () => undefined;
  const first = new Promise<number>((resolve) => {
    decided = resolve;
  });
  const { program } = await startTestProgram(source, {
    policy,
    storageDir,
    ...(spares === undefined ? {} : { spares }),
    telemetry: {
      addToMinute(_program, { apis }) {
        if (apis?.["device.info"]?.allowed === 1) decided(performance.now() - from);
      },
      recordEvent: () => undefined,
    },
  });
  const startMs = await first;
  const stopFrom = performance.now();
  await program.stop("suspended");
  return { startMs, stopMs: performance.now() - stopFrom };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const row = (name: string, values: readonly number[]) => ({
  start: name,
  rounds: values.length,
  median: quantile(values, 0.5),
  p95: quantile(values, 0.95),
});

/** Start of a script program, from the wish to its first bridge call, cold and by a spare, beside the bare engine (in turns); and its stop. */
export async function run(): Promise<BenchResult> {
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  const target =
    `median of a program at most ${RATIO_MAX} times the bare engine's in the same confinement; ` +
    `by a spare at most ${WARM_MS_MAX} ms; each stop within ${STOP_MS_MAX} ms`;
  if (missing.length > 0) {
    const results = missing.map((name) => ({ start: "not measured", missing: name }));
    return { bench: "start", unit: "ms", results, target, ok: false };
  }
  const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-bench-start-"));
  const bare: number[] = [];
  const program: number[] = [];
  const warm: number[] = [];
  const stopped: number[] = [];
  const stoppedBusy: number[] = [];
  const spares = createSpareEngines({ count: 1, engines: [scriptEngine], confinement, log: () => undefined });
  try {
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const bareMs = await bareStart(confinement);
      const { startMs, stopMs } = await programRun(storageDir, SOURCE);
      const busy = await programRun(storageDir, BUSY_SOURCE);
      // the one of the rounds is taken by its third start alone, and is not made while the others are measured
      spares.refill();
      await spares.settled();
      await pause(WAIT_MS);
      const taken = await programRun(storageDir, SOURCE, { ...spares, refill: () => undefined });
      if (round < 0) continue;
      warm.push(taken.startMs);
      bare.push(bareMs);
      program.push(startMs);
      stopped.push(stopMs);
      stoppedBusy.push(busy.stopMs);
    }
  } finally {
    await spares.close();
    await rm(storageDir, { recursive: true, force: true });
  }
  const ratio = quantile(program, 0.5) / quantile(bare, 0.5);
  const results = [
    row("bare engine", bare),
    row("program", program),
    row("program, by a spare", warm),
    row("stop of an idle program", stopped),
    row("stop of a program that never yields", stoppedBusy),
    { start: "ratio", rounds: ROUNDS, median: ratio },
  ];
  return {
    bench: "start",
    unit: "ms",
    results,
    target,
    ok: ratio <= RATIO_MAX && quantile(warm, 0.5) <= WARM_MS_MAX && Math.max(...stopped, ...stoppedBusy) <= STOP_MS_MAX,
  };
}
