import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SHIPPED_LIMITS } from "../native/core/limits/effective-limits";
import { builtFiles } from "../native/host/build/built-files";
import { missingLayers } from "../native/host/confinement/confinement-layers";
import { launchConfined } from "../native/host/confinement/launch-confined";
import { type Confinement, probeConfinement } from "../native/host/confinement/probe-confinement";
import { processTree, systemProc } from "../native/host/confinement/process-tree";
import { scriptEngine } from "../native/host/engines/script/script-engine";
import { wasmPages } from "../native/host/engines/script/script-memory";
import { createSpareEngines } from "../native/host/program/spare-engines";
import { startTestProgram } from "../native/host/program/testing/program-bench";
import type { BenchResult } from "./bench-report";
import { percentile } from "./figures";

const ROUNDS = 5;
const REST_MS = 2_000;
const RATIO_MAX = 1.15;
const BARE = "bench-engine.mjs";
/** What a program is that does next to nothing, and one whose own values are most of what it has. */
const PROGRAMS = {
  idle: `globalThis.kept = 1;`,
  "with 16 MiB of its own": `globalThis.kept = Array.from({ length: 16 }, () => new Uint8Array(1024 * 1024).fill(7));`,
};

type Measured = { pssMiB: number; anonymousMiB: number };

/** Of a tree of processes together: their share of what they have in common with others, and what is theirs alone. */
function measure(pid: number): Measured {
  const kib = (file: string, counter: RegExp) =>
    processTree(systemProc, pid).reduce((sum, one) => {
      const found = counter.exec(readFileSync(`/proc/${one}/${file}`, "utf8"));
      return sum + Number(found?.[1] ?? 0);
    }, 0);
  return {
    pssMiB: kib("smaps_rollup", /^Pss:\s+(\d+) kB$/m) / 1024,
    anonymousMiB: kib("status", /^RssAnon:\s+(\d+) kB$/m) / 1024,
  };
}

/** Measured when it has stood for a while. */
async function rested(pid: number): Promise<Measured> {
  await pause(REST_MS);
  return measure(pid);
}

async function bare(confinement: Confinement, source: string): Promise<Measured> {
  const files = await builtFiles({
    scripts: { [BARE]: "../../bench/memory/bare-engine.ts" },
    watched: ["../../bench/memory", "engines"],
  });
  const engine = await scriptEngine.command();
  const pages = wasmPages(scriptEngine.memory(SHIPPED_LIMITS.memoryBytes.max).engineBytes);
  const { tools, mode } = confinement;
  const launched = await launchConfined({
    ...{ tools, mode, needs: scriptEngine.needs },
    command: {
      ...engine,
      files: { ...engine.files, ...files },
      // the last argument is the engine's own script
      args: (pathOf) => [...engine.args(pathOf).slice(0, -1), pathOf(BARE), String(pages), source],
    },
  });
  if (!launched.ok) throw new Error(launched.reason);
  const { pid, channel, kill, exited } = launched.process;
  await once(channel, "data");
  const measured = await rested(pid);
  kill();
  await exited;
  return measured;
}

async function program(confinement: Confinement, storageDir: string, source: string): Promise<Measured> {
  const telemetry = { addToMinute: () => undefined, recordEvent: () => undefined };
  const { program: running } = await startTestProgram(source, { confinement, storageDir, telemetry });
  const measured = await rested(running.pid);
  await running.stop("stopped");
  return measured;
}

async function spare(confinement: Confinement): Promise<Measured> {
  const spares = createSpareEngines({ count: 1, engines: [scriptEngine], confinement, log: () => undefined });
  spares.refill();
  await spares.settled();
  const measured = await rested(spares.pids()[0] ?? Number.NaN);
  await spares.close();
  return measured;
}

function row(memory: string, all: readonly Measured[]) {
  const median = (of: (one: Measured) => number) => percentile(all.map(of), 0.5);
  return { memory, pss: median(({ pssMiB }) => pssMiB), anonymous: median(({ anonymousMiB }) => anonymousMiB) };
}

/**
 * Memory of a whole confined process tree, bubblewrap's processes too: a program's under its host, beside a Node in the same confinement
 * that has evaluated the same source in the same WebAssembly engine and has nothing of ours (`bench/memory/bare-engine.ts`).
 */
export async function run(): Promise<BenchResult> {
  const confinement = await probeConfinement();
  const missing = missingLayers(confinement.layers, []);
  const target =
    `a program's at most ${RATIO_MAX} times bare's, of both figures; bare: a Node in the same confinement with the same engine, ` +
    "bound and source, and nothing of ours";
  if (missing.length > 0) {
    const results = missing.map((name) => ({ memory: "not measured", missing: name }));
    return { bench: "memory", unit: "MiB", results, target, ok: false };
  }
  const storageDir = await mkdtemp(join(tmpdir(), "bulkhead-bench-memory-"));
  const results: Record<string, string | number>[] = [];
  let worst = 0;
  try {
    for (const [name, source] of Object.entries(PROGRAMS)) {
      const bares: Measured[] = [];
      const programs: Measured[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        bares.push(await bare(confinement, source));
        programs.push(await program(confinement, storageDir, source));
      }
      const [one, other] = [row(`bare, ${name}`, bares), row(`program, ${name}`, programs)];
      const ratio = { memory: "ratio", pss: other.pss / one.pss, anonymous: other.anonymous / one.anonymous };
      results.push(one, other, ratio);
      worst = Math.max(worst, ratio.pss, ratio.anonymous);
    }
    const spares: Measured[] = [];
    for (let round = 0; round < ROUNDS; round += 1) spares.push(await spare(confinement));
    results.push(row("a spare engine", spares));
  } finally {
    await rm(storageDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
  return { bench: "memory", unit: "MiB", results, target, ok: worst <= RATIO_MAX };
}
