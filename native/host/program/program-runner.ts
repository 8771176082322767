import { randomBytes } from "node:crypto";
import { missingLayers } from "../confinement/confinement-layers";
import type { ControlGroup } from "../confinement/control-group";
import { type LaunchResult, launchConfined } from "../confinement/launch-confined";
import { type Confinement, probeConfinement } from "../confinement/probe-confinement";
import type { Engine } from "../engines/engine";
import { engineFor } from "../engines/known-engines";
import type { AppliedPolicy, StartProgramOptions, StartProgramResult } from "../ports";
import { openProgramFiles, type ProgramFiles } from "./program-files";
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

function createGroup(
  confinement: Confinement,
  engine: Engine,
  policy: AppliedPolicy,
  log: StartProgramOptions["log"],
): ControlGroup | undefined {
  if (!confinement.groups.usable) return undefined;
  try {
    const memoryBytes = engine.memory(policy.policy.limits.memoryBytes.limit.max).groupBytes;
    const processes = engine.needs.threadsMax;
    return confinement.groups.create(randomBytes(6).toString("hex"), { memoryBytes, processes });
  } catch (error) {
    // the monitor goes on looking at /proc; the ceiling in between is the engine's own
    log("warn", "control_group_missing", { error });
    return undefined;
  }
}

/** An engine in the confinement that the probe found, waiting for its program. */
export async function launchEngine(
  engine: Engine,
  confinement: Confinement,
  group?: ControlGroup,
): Promise<LaunchResult> {
  return launchConfined({
    tools: confinement.tools,
    mode: confinement.mode,
    command: await engine.command(),
    needs: engine.needs,
    ...(group === undefined ? {} : { group }),
  });
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

/** As `startProgram`, in a confinement that was looked at before; under another engine than the host's where one is given. */
export async function startProgramIn(
  confinement: Confinement,
  options: StartProgramOptions,
  engine: Engine | undefined = engineFor(options.bundle.engine),
): Promise<StartProgramResult> {
  const { bundle, log } = options;
  if (engine === undefined) return { ok: false, reason: "unsupported_engine" };
  const missing = reportLayers(options, confinement);
  if (missing.length > 0) return { ok: false, reason: "degraded", missing };
  const runnable = engine.read(bundle);
  if (runnable === undefined || options.policy.policy.isSuspended) return { ok: false, reason: "start_failed" };
  const files = await openFiles(options);
  if (files === undefined) return { ok: false, reason: "start_failed" };
  const group = createGroup(confinement, engine, options.policy, log);
  const launched = await launchEngine(engine, confinement, group);
  if (!launched.ok) {
    log("error", "program_not_started", { appId: bundle.appId, reason: launched.reason });
    group?.remove();
    await files.close();
    return { ok: false, reason: "start_failed" };
  }
  const supervised = superviseProgram(options, { child: launched.process, files, group, engine, runnable });
  options.onLaunched?.(supervised.program);
  return (await supervised.ready) ? { ok: true, program: supervised.program } : { ok: false, reason: "start_failed" };
}
