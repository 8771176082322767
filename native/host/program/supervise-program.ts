import type { ControlGroup } from "../confinement/control-group";
import type { ConfinedProcess } from "../confinement/launch-confined";
import { systemProc } from "../confinement/process-tree";
import type { Engine, EngineProgram } from "../engines/engine";
import { createTreeMeter } from "../monitor/process-usage";
import { createProgramMonitor, type ProgramMonitor } from "../monitor/program-monitor";
import type { AppliedPolicy, RunningProgram, StartProgramOptions, StopReason } from "../ports";
import { systemTimers } from "../runtime/system-ports";
import { boundsOf, removeGroup } from "./launch-engine";
import { createProgramBridge } from "./program-bridge";
import { type Ending, endByExit, endByFault, endByLimit, endByViolation, reportEnd } from "./program-end";
import type { ProgramFiles } from "./program-files";

const READY_MS_MAX = 20_000;
const SAVE_MS = 60_000;
const LAST_WORDS_MS = 100;

export type ProgramParts = {
  child: ConfinedProcess;
  files: ProgramFiles;
  group: ControlGroup | undefined;
  engine: Engine;
  runnable: EngineProgram;
};

/** Policies that end a program rather than refuse its calls. */
const FORCED: ReadonlySet<StopReason> = new Set(["suspended", "policy_expired"]);

/**
 * Hands a started engine its program and stands over it until its end: bridge, limits, telemetry, and what is left to
 * clean up. `ready` is false where the engine never stood.
 */
export function superviseProgram(
  options: StartProgramOptions,
  parts: ProgramParts,
): { program: RunningProgram; ready: Promise<boolean> } {
  const { child, files, group, engine, runnable } = parts;
  const { appId, versionCode } = options.bundle;
  let policy = options.policy;
  let ending: Ending | undefined;
  const end = (how: Ending): void => {
    ending ??= how;
    child.kill();
  };
  const monitor = createProgramMonitor({
    appId,
    versionCode,
    clock: options.clock,
    telemetry: options.telemetry,
    policy: () => policy,
    timers: systemTimers,
    usage: createTreeMeter(systemProc),
    processes: child.processes,
    pause: child,
    giveWay: child.giveWay,
    storageBytes: files.storage.usedBytes,
    hostCpuMs: () => bridge.takeHostCpuMs(),
    kill: ({ limit, value, max }) => end(endByLimit(limit, value, max)),
    say: (text) => bridge.console.say("warn", text),
  });
  const closed = awaitClosed();
  const starting = awaitReady(() =>
    end(endByFault("not_ready", `its engine did not stand within ${READY_MS_MAX / 1000} s`)),
  );
  const bridge = createProgramBridge({
    start: options,
    policy: () => policy,
    connect: (handlers) => runnable.connect(child.channel, handlers),
    files,
    monitor,
    onReady: () => starting.settle(true),
    onFault(reason, text) {
      const fault = engine.faultOf(reason);
      options.log("warn", "program_fault", { appId, fault, text });
      end(endByFault(fault, text));
    },
    onViolation: (violation) => end(endByViolation(violation)),
    onClosed() {
      closed.settle();
      child.kill();
    },
  });
  const saving = setInterval(() => void files.save(), SAVE_MS);
  saving.unref();

  const ended = child.exited.then(async ({ code }) => {
    closed.hurry();
    clearInterval(saving);
    // what it said last may still be on its way: why it ended, above all
    await closed.happened;
    bridge.close();
    const how = ending ?? judgeExit();
    reportEnd(options, how, child.diagnostics);
    await cleanUp(options, parts, monitor);
    starting.settle(false);
    const { event: _told, ...told } = how;
    return told;

    function judgeExit(): Ending {
      if (group?.wasOutOfMemory() !== true) return endByExit(code);
      return endByLimit("memoryBytes", null, policy.policy.limits.memoryBytes.limit.max, "kernel");
    }
  });
  const stop = async (reason: StopReason): Promise<void> => {
    end({ reason, ...(FORCED.has(reason) ? { event: "killed" as const } : {}) });
    await ended;
  };

  const limitBytesOf = ({ policy }: AppliedPolicy) => policy.limits.memoryBytes.limit.max;
  bridge.begin(boundsOf(engine, limitBytesOf(policy)));
  const program: RunningProgram = {
    appId,
    versionCode,
    pid: child.pid,
    ended,
    stop,
    consoleLines: bridge.console.lines,
    applyPolicy(next) {
      policy = next;
      if (next.policy.isSuspended) {
        end({ reason: "suspended", event: "killed" });
        return;
      }
      monitor.applyLimits();
      group?.setMemoryCeiling(engine.memory(limitBytesOf(next)).groupBytes);
    },
  };
  return { ready: starting.ready, program };
}

function awaitReady(onImpatience: () => void): { ready: Promise<boolean>; settle(value: boolean): void } {
  let settle: (value: boolean) => void = () => undefined;
  const impatience = setTimeout(onImpatience, READY_MS_MAX);
  const ready = new Promise<boolean>((resolve) => {
    settle = (value) => {
      clearTimeout(impatience);
      resolve(value);
    };
  });
  return { ready, settle: (value) => settle(value) };
}

/** The channel's end; a channel that nobody reads is not waited for without end. */
function awaitClosed(): { happened: Promise<void>; settle(): void; hurry(): void } {
  let settle: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { happened, settle: () => settle(), hurry: () => void setTimeout(settle, LAST_WORDS_MS) };
}

/** No failure here may keep the end of a program from being told. */
async function cleanUp(
  options: StartProgramOptions,
  { files, group }: ProgramParts,
  monitor: ProgramMonitor,
): Promise<void> {
  monitor.stop();
  try {
    await removeGroup(group);
    await files.close();
  } catch (error) {
    options.log("warn", "program_clean_up_failed", { appId: options.bundle.appId, error });
  }
}
