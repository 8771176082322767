import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import { getPriority, setPriority, uptime } from "node:os";
import type { Duplex, Readable, Writable } from "node:stream";
import type { EngineCommand, EngineNeeds } from "../engines/engine";
import type { ConfinementTools } from "./confinement-tools";
import type { ControlGroup } from "./control-group";
import { innerHelper } from "./inner-helper";
import { NO_ENVIRONMENT } from "./no-environment";
import { processTree, systemProc } from "./process-tree";
import { reachableCommand } from "./reachable-command";
import { bareCommand, bubblewrapCommand, CHANNEL_DESCRIPTOR, type SandboxedEngine } from "./sandbox-command";
import { type SandboxUser, takeSandboxUser } from "./sandbox-users";
import { BUBBLEWRAP_CALLS, EXECUTE, isFilterMachine, seccompFilter } from "./seccomp-filter";

/** What the child wrote to stderr is kept for the log, up to this much. */
const DIAGNOSTICS_BYTES = 8 * 1024;
/** So much behind the host itself: a tenth of its weight. */
const NICENESS_BEHIND = 10;
const NICENESS_LAST = 19;

export type ConfinedProcess = {
  /** The process that the host waits for. */
  readonly pid: number;
  /** First process inside; killing it ends everything inside. Equals `pid` without bubblewrap. */
  readonly insidePid: number;
  /** The one way in and out: whoever speaks here is the program that was started with it. */
  readonly channel: Duplex;
  /** Every process of the program that is still there. */
  processes(): number[];
  diagnostics(): string;
  /** Stops and continues what runs inside, without its noticing. */
  pause(): void;
  resume(): void;
  /** Puts what runs inside behind whoever else wants the processor, or, where the system lets it, back among them. */
  giveWay(isGivingWay: boolean): void;
  /** Ends all of it at once, asking nobody. */
  kill(): void;
  /** Resolves when no process is left. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export type LaunchOptions = {
  tools: ConfinementTools;
  /** `bare` leaves bubblewrap and the filter out; the caller has decided that this is allowed. */
  mode: "bubblewrap" | "bare";
  command: EngineCommand;
  needs: EngineNeeds;
  group?: ControlGroup;
};

export type LaunchResult = { ok: true; process: ConfinedProcess } | { ok: false; reason: string };

function asUser(user: SandboxUser | undefined): Pick<SpawnOptions, "uid" | "gid"> {
  return user === undefined ? {} : { uid: user.id, gid: user.id };
}

function streamAt(child: ChildProcess, index: number): unknown {
  return child.stdio[index];
}

function collectDiagnostics(child: ChildProcess): () => string {
  const parts: Buffer[] = [];
  let size = 0;
  child.stderr?.on("data", (part: Buffer) => {
    if (size < DIAGNOSTICS_BYTES) parts.push(part.subarray(0, DIAGNOSTICS_BYTES - size));
    size += part.length;
  });
  return () => {
    const more = size - DIAGNOSTICS_BYTES;
    return Buffer.concat(parts).toString("utf8") + (more > 0 ? `\u2026 (${more} bytes more)` : "");
  };
}

function whenExited(child: ChildProcess): ConfinedProcess["exited"] {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/**
 * The pid that bubblewrap reports for the first process inside; undefined when it ended before. The pipe is read to its
 * end: bubblewrap goes on writing after the pid, and would die of a pipe that nobody reads.
 */
function readInsidePid(info: Readable): Promise<number | undefined> {
  let text = "";
  return new Promise((resolve) => {
    info.on("data", (part: Buffer) => {
      text += String(part);
      const match = /"child-pid":\s*(\d+)\s*[,}]/.exec(text);
      if (match?.[1] !== undefined) resolve(Number(match[1]));
    });
    info.on("close", () => resolve(undefined));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Of all threads: the kernel knows no niceness of a process. */
function setNiceness(pid: number, niceness: number): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      setPriority(Number(thread), Math.min(niceness, NICENESS_LAST));
  } catch (error) {
    // gone, or an ordinary user's: who may lower, and not raise again what was lowered
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

/** Handles on a started child. Signals nothing after its end: by then the number may be another's. */
function handlesOf(
  child: ChildProcess,
  pid: number,
  insidePid: number,
): Omit<ConfinedProcess, "channel" | "exited" | "diagnostics"> {
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const processes = (): number[] => processTree(systemProc, pid);
  const engine = (): number[] => {
    if (!isAlive()) return [];
    const tree = processes();
    // bubblewrap's two processes go on waiting; without it the engine is all there is
    return tree.length > 1 ? tree.filter((one) => one !== pid && one !== insidePid) : tree;
  };
  const signalEngine = (name: NodeJS.Signals): void => {
    for (const one of engine()) signal(one, name);
  };
  return {
    pid,
    insidePid,
    processes: () => (isAlive() ? processes() : []),
    pause: () => signalEngine("SIGSTOP"),
    resume: () => signalEngine("SIGCONT"),
    giveWay(isGivingWay) {
      for (const one of engine()) setNiceness(one, getPriority() + (isGivingWay ? NICENESS_BEHIND : 0));
    },
    // the first process inside takes its whole pid namespace along; bubblewrap outside then ends by itself
    kill: () => {
      if (isAlive()) signal(insidePid, "SIGKILL");
    },
  };
}

type Refused = Extract<LaunchResult, { ok: false }>;

const notStarted = (error: unknown): Refused => ({
  ok: false,
  reason: `could not be started: ${error instanceof Error ? error.message : "unknown"}`,
});

/** Puts a process into its group; where that can't be it is killed, and why is answered. */
function joinGroup(group: ControlGroup | undefined, pid: number): Refused | undefined {
  try {
    group?.add(pid);
    return undefined;
  } catch (error) {
    signal(pid, "SIGKILL");
    return { ok: false, reason: `control group: ${error instanceof Error ? error.message : "unknown"}` };
  }
}

async function launchInBubblewrap(
  options: LaunchOptions,
  engine: SandboxedEngine,
  bubblewrap: string,
  user: SandboxUser | undefined,
): Promise<LaunchResult> {
  const command = bubblewrapCommand({
    tools: { ...options.tools, bubblewrap },
    engine,
    uptimeSeconds: uptime(),
  });
  const opened: number[] = [];
  let child: ChildProcess;
  try {
    for (const path of command.openFiles) opened.push(openSync(path, "r"));
    child = spawn(command.command, command.args, {
      env: NO_ENVIRONMENT,
      cwd: "/",
      ...asUser(user),
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", "pipe", "pipe", ...opened],
    });
  } catch (error) {
    return notStarted(error);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
  const failed = new Promise<string>((resolve) => child.once("error", (error) => resolve(error.message)));
  const exited = whenExited(child);
  const diagnostics = collectDiagnostics(child);
  const { pid } = child;
  if (pid === undefined) return { ok: false, reason: `could not be started: ${await failed}` };

  const info = streamAt(child, command.descriptors.info) as Readable;
  const block = streamAt(child, command.descriptors.block) as Writable;
  const seccomp = streamAt(child, command.descriptors.seccomp) as Writable;
  const channel = streamAt(child, CHANNEL_DESCRIPTOR) as Duplex;
  // a child that died early breaks these pipes; its exit is what is reported
  for (const stream of [info, block, seccomp]) stream.on("error", () => undefined);
  seccomp.end(engine.helper === undefined ? engine.filter : undefined);
  const insidePid = await readInsidePid(info);
  if (insidePid === undefined) {
    const { code } = await exited;
    return { ok: false, reason: `bubblewrap ended with ${code}: ${diagnostics().slice(0, 200).trim()}` };
  }
  const refused = joinGroup(options.group, insidePid);
  if (refused !== undefined) {
    await exited;
    return refused;
  }
  block.end("1");
  return {
    ok: true,
    process: { ...handlesOf(child, pid, insidePid), channel, exited, diagnostics },
  };
}

async function launchBare(
  options: LaunchOptions,
  engine: SandboxedEngine,
  user: SandboxUser | undefined,
): Promise<LaunchResult> {
  const { command, args } = bareCommand({ tools: options.tools, engine });
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      env: NO_ENVIRONMENT,
      cwd: "/",
      ...asUser(user),
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return notStarted(error);
  }
  const failed = new Promise<string>((resolve) => child.once("error", (error) => resolve(error.message)));
  const exited = whenExited(child);
  const diagnostics = collectDiagnostics(child);
  const { pid } = child;
  if (pid === undefined) return { ok: false, reason: `could not be started: ${await failed}` };
  const refused = joinGroup(options.group, pid);
  if (refused !== undefined) {
    await exited;
    return refused;
  }
  return {
    ok: true,
    process: {
      ...handlesOf(child, pid, pid),
      channel: streamAt(child, CHANNEL_DESCRIPTOR) as Duplex,
      exited,
      diagnostics,
    },
  };
}

/** Starts an engine in the confinement that was asked for. Nothing is left behind when it answers `ok: false`. */
export async function launchConfined(options: LaunchOptions): Promise<LaunchResult> {
  const { command, needs, tools, mode } = options;
  const { bubblewrap } = tools;
  if (mode === "bubblewrap" && bubblewrap === undefined) return { ok: false, reason: "bubblewrap is not installed" };
  const helper = await innerHelper(tools);
  // the filter is there before the engine is; under bubblewrap's own stands its first process too
  const around = helper === undefined ? [EXECUTE, ...BUBBLEWRAP_CALLS] : [EXECUTE];
  const systemCalls = [...needs.systemCalls, ...around];
  const { arch } = process;
  const filter = tools.filter ?? (isFilterMachine(arch) ? seccompFilter(arch, systemCalls) : undefined);
  const engine = { command, needs, reachable: reachableCommand(command), helper, filter };
  const taken = await takeSandboxUser();
  if ("refused" in taken) return { ok: false, reason: taken.refused };
  const { user } = taken;
  const launched =
    mode === "bubblewrap" && bubblewrap !== undefined
      ? await launchInBubblewrap(options, engine, bubblewrap, user)
      : await launchBare(options, engine, user);
  if (launched.ok) void launched.process.exited.then(() => user?.release());
  else user?.release();
  return launched;
}
