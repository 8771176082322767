import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { ControlGroup } from "../confinement/control-group";
import { type ConfinedProcess, launchConfined } from "../confinement/launch-confined";
import type { Confinement } from "../confinement/probe-confinement";
import type { Engine, EngineBounds } from "../engines/engine";
import type { HostLog } from "../ports";

/** A single turn that takes longer, of either, is a program that hangs, whatever its limits are (spec 5.33). */
const TURN = { turnCpuMsMax: 5_000, turnWallMsMax: 30_000 };
const REMOVE_ATTEMPTS = 20;
const REMOVE_MS = 50;

/** An engine's process in its box, and the group around it; none where this machine gives none. */
export type LaunchedEngine = { process: ConfinedProcess; group: ControlGroup | undefined };

export type LaunchEngineResult = ({ ok: true } & LaunchedEngine) | { ok: false; reason: string };

/** What an engine keeps a program of this `memoryBytes` within. */
export function boundsOf(engine: Engine, limitBytes: number): EngineBounds {
  return { engineBytesMax: engine.memory(limitBytes).engineBytes, ...TURN };
}

function createGroup(
  engine: Engine,
  confinement: Confinement,
  memoryBytes: number,
  log: HostLog,
): ControlGroup | undefined {
  if (!confinement.groups.usable) return undefined;
  try {
    const processes = engine.needs.threadsMax;
    return confinement.groups.create(randomBytes(6).toString("hex"), { memoryBytes, processes });
  } catch (error) {
    // the monitor goes on looking at /proc; the ceiling in between is the engine's own
    log("warn", "control_group_missing", { error });
    return undefined;
  }
}

/** Takes a group away once the last process has left it. */
export async function removeGroup(group: ControlGroup | undefined): Promise<void> {
  for (let attempt = 0; group?.remove() === false && attempt < REMOVE_ATTEMPTS; attempt += 1) await pause(REMOVE_MS);
}

/**
 * An engine in the confinement that the probe found, waiting for its program; all of its processes together hold
 * `groupBytes` at most. Nothing is left behind where it answers `ok: false`.
 */
export async function launchEngine(
  engine: Engine,
  confinement: Confinement,
  groupBytes: number,
  log: HostLog,
): Promise<LaunchEngineResult> {
  const group = createGroup(engine, confinement, groupBytes, log);
  try {
    const launched = await launchConfined({
      tools: confinement.tools,
      mode: confinement.mode,
      command: await engine.command(),
      needs: engine.needs,
      ...(group === undefined ? {} : { group }),
    });
    if (launched.ok) return { ok: true, process: launched.process, group };
    await removeGroup(group);
    return launched;
  } catch (error) {
    await removeGroup(group);
    throw error;
  }
}
