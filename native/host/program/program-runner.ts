import { missingLayers } from "../confinement/confinement-layers";
import { type Confinement, probeConfinement } from "../confinement/probe-confinement";
import type { Engine } from "../engines/engine";
import { engineFor, KNOWN_ENGINES } from "../engines/known-engines";
import type { HostLog, StartProgram, StartProgramOptions, StartProgramResult } from "../ports";
import { launchEngine } from "./launch-engine";
import { openProgramFiles, type ProgramFiles } from "./program-files";
import { createSpareEngines, type SpareEngines } from "./spare-engines";
import { superviseProgram } from "./supervise-program";

function reportLayers(options: StartProgramOptions, confinement: Confinement): readonly string[] {
  const all = missingLayers(confinement.layers, []);
  if (all.length > 0) {
    const { appId, versionCode } = options.bundle;
    options.log("warn", "program_degraded", { appId, versionCode, missing: all.join(", ") });
    options.telemetry.recordEvent({
      type: "sandbox_degraded",
      appId: options.bundle.appId,
      versionCode: options.bundle.versionCode,
      detail: { missing: all.join(",") },
    });
  }
  return missingLayers(confinement.layers, options.allowDegraded);
}

async function openFiles(options: StartProgramOptions): Promise<ProgramFiles | undefined> {
  const { appId } = options.bundle;
  try {
    return await openProgramFiles({ ...options, appId, nowSeconds: options.policyNow });
  } catch (error) {
    options.log("error", "storage_failed", { appId, error });
    return undefined;
  }
}

/**
 * Starts one verified program in a process of its own (spec §3, §5) and keeps it under its policy until it ends.
 * Refuses where a layer of confinement is missing that was not named as dispensable. Resolves when its engine stands.
 */
export async function startProgram(options: StartProgramOptions): Promise<StartProgramResult> {
  return startProgramIn(await probeConfinement(), options);
}

/** What a start may be given beside its options: spares, of which it takes one, and another engine than the host's. */
export type StartWith = { spares?: SpareEngines | undefined; engine?: Engine | undefined };

/** As `startProgram`, in a confinement that was looked at before. */
export async function startProgramIn(
  confinement: Confinement,
  options: StartProgramOptions,
  { spares, engine = engineFor(options.bundle.engine) }: StartWith = {},
): Promise<StartProgramResult> {
  const { bundle, log } = options;
  if (engine === undefined) return { ok: false, reason: "unsupported_engine" };
  const missing = reportLayers(options, confinement);
  if (missing.length > 0) return { ok: false, reason: "degraded", missing };
  const runnable = engine.read(bundle);
  if (runnable === undefined || options.policy.policy.isSuspended) return { ok: false, reason: "start_failed" };
  const files = await openFiles(options);
  if (files === undefined) return { ok: false, reason: "start_failed" };
  const limitBytes = options.policy.policy.limits.memoryBytes.limit.max;
  const spare = await spares?.take(engine, limitBytes);
  const launched = spare
    ? { ok: true as const, ...spare }
    : await launchEngine(engine, confinement, engine.memory(limitBytes).groupBytes, log);
  if (!launched.ok) {
    log("error", "program_not_started", { appId: bundle.appId, reason: launched.reason });
    await files.close();
    return { ok: false, reason: "start_failed" };
  }
  const { process: child, group } = launched;
  const supervised = superviseProgram(options, { child, files, group, engine, runnable });
  options.onLaunched?.(supervised.program);
  const isReady = await supervised.ready;
  // not before: it would take the program's time
  spares?.refill();
  return isReady ? { ok: true, program: supervised.program } : { ok: false, reason: "start_failed" };
}

/** Whoever asks for more would have processes for programs that nobody opens at once. */
const SPARES_MAX = 4;

export type ProgramLauncher = {
  startProgram: StartProgram;
  /** Ends the spares; programs go on. Resolves when no process of a spare is left. */
  close(): Promise<void>;
};

/**
 * Starts programs as `startProgram` does, with so many engines kept ready for them: a start takes one, and runs in it alone. None is
 * kept where no program would be started.
 */
export async function createProgramLauncher(options: {
  spares: number;
  allowDegraded: readonly string[];
  log: HostLog;
  /** Instead of this machine's. */
  confinement?: Confinement;
}): Promise<ProgramLauncher> {
  if (options.spares <= 0) return { startProgram, close: async () => undefined };
  const confinement = options.confinement ?? (await probeConfinement());
  const isStartable = missingLayers(confinement.layers, options.allowDegraded).length === 0;
  const count = isStartable ? Math.min(options.spares, SPARES_MAX) : 0;
  const spares = createSpareEngines({ count, engines: KNOWN_ENGINES, confinement, log: options.log });
  spares.refill();
  return { startProgram: (start) => startProgramIn(confinement, start, { spares }), close: spares.close };
}
