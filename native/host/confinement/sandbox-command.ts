import { basename } from "node:path";
import type { EngineCommand, EngineNeeds } from "../engines/engine";
import type { ConfinementTools } from "./confinement-tools";
import type { InnerHelper } from "./inner-helper";
import type { ReachableCommand } from "./reachable-command";

/** Where things lie inside the sandbox. Nothing else exists there: no /proc, no /dev, nothing that can be written. */
const BINARY_FOLDER = "/bin";
const ENGINE_FOLDER = "/engine";

/** Descriptors of the sandboxed child; bubblewrap's own follow and are closed before the child runs. */
export const CHANNEL_DESCRIPTOR = 3;
const INFO_DESCRIPTOR = 4;
const BLOCK_DESCRIPTOR = 5;
const SECCOMP_DESCRIPTOR = 6;
const FIRST_FILE_DESCRIPTOR = 7;

/** What runs, under the paths at which it can be reached, what it needs, and what of that is taken away inside. */
export type SandboxedEngine = {
  command: EngineCommand;
  reachable: ReachableCommand;
  needs: EngineNeeds;
  /** Absent where this machine has none: then what it takes away stays, or is taken from outside. */
  helper: InnerHelper | undefined;
  /** The filter; undefined where none can be written for this machine. */
  filter: Uint8Array | undefined;
};

export type SandboxCommand = {
  command: string;
  args: string[];
  /** Files to be opened, in order, from `firstFileDescriptor` on. */
  openFiles: string[];
  descriptors: { info: number; block: number; seccomp: number; firstFile: number };
};

/** A bound that holds without a control group, by `prlimit`'s name and by the kernel's number (Linux, x86-64 and arm64). */
type ResourceLimit = { name: string; resource: number; most: number };

/** No core file, nothing written, few descriptors, a stack that is known. */
function resourceLimits({ descriptorsMax, stackBytesMax }: EngineNeeds): ResourceLimit[] {
  return [
    { name: "core", resource: 4, most: 0 },
    { name: "fsize", resource: 1, most: 0 },
    { name: "memlock", resource: 8, most: 0 },
    { name: "msgqueue", resource: 12, most: 0 },
    { name: "nofile", resource: 7, most: descriptorsMax },
    { name: "stack", resource: 3, most: stackBytesMax },
  ];
}

/** Inside a user namespace of its own a sandbox's processes are counted alone; outside they would be with all of the user's. */
const PROCESSES_RESOURCE = 6;

function withResourceLimits({ prlimit }: ConfinementTools, needs: EngineNeeds, command: readonly string[]): string[] {
  if (prlimit === undefined) return [...command];
  return [prlimit, ...resourceLimits(needs).map(({ name, most }) => `--${name}=${most}`), ...command];
}

/** The engine behind the first program inside, where there is one. */
function behindHelper(
  { helper, needs, filter }: SandboxedEngine,
  paths: { perl: string; script: string; executable: readonly string[]; readable: readonly string[] },
  engine: readonly string[],
  isCountedAlone: boolean,
): string[] {
  if (helper === undefined) return [...engine];
  const limits = resourceLimits(needs).map(({ resource, most }) => `${resource}=${most}`);
  if (isCountedAlone) limits.push(`${PROCESSES_RESOURCE}=${needs.threadsMax}`);
  const hex = filter === undefined ? "" : Buffer.from(filter).toString("hex");
  const files = [paths.executable.join(":"), paths.readable.join(":")];
  return [paths.perl, "-f", paths.script, process.arch, limits.join(","), hex, ...files, ...engine];
}

/** Clocks that begin with the sandbox: how long the machine has been up is nobody's business inside. */
function withOwnClocks({ unshare }: ConfinementTools, uptimeSeconds: number, command: readonly string[]): string[] {
  if (unshare === undefined) return [...command];
  const offset = -Math.max(0, Math.floor(uptimeSeconds) - 1);
  const clocks = ["-T", `--boottime=${offset}`, `--monotonic=${offset}`];
  return [unshare, "-U", "-c", ...clocks, "--", ...command];
}

/**
 * The command that runs an engine under bubblewrap. Options act in their order, and the root
 * is made read-only last. The environment that it is spawned with must be empty: bubblewrap's own would stay readable.
 */
export function bubblewrapCommand(options: {
  tools: ConfinementTools & { bubblewrap: string };
  engine: SandboxedEngine;
  /** How long the machine has been up. */
  uptimeSeconds: number;
}): SandboxCommand {
  const { tools, engine } = options;
  const { command: engineCommand, reachable, helper } = engine;
  const binary = `${BINARY_FOLDER}/${basename(engineCommand.binary)}`;
  const pathOf = (name: string) => `${ENGINE_FOLDER}/${name}`;
  const inner = { perl: `${BINARY_FOLDER}/perl`, script: `${BINARY_FOLDER}/confine.pl` };
  const targets = new Map<string, string>([
    [binary, reachable.binary],
    ...reachable.libraries.map((path) => [path, path] as const),
    ...Object.entries(reachable.files).map(([name, source]) => [pathOf(name), source] as const),
  ]);
  const readable = [...targets.keys()];
  if (helper !== undefined) {
    targets.set(inner.perl, helper.perl).set(inner.script, helper.script);
    for (const path of helper.libraries) targets.set(path, path);
  }
  const args = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "program"];
  const openFiles: string[] = [];
  for (const [target, source] of targets) {
    if (tools.bindsDescriptors) {
      args.push("--ro-bind-fd", String(FIRST_FILE_DESCRIPTOR + openFiles.length), target);
      openFiles.push(source);
    } else {
      args.push("--ro-bind", source, target);
    }
  }
  args.push("--remount-ro", "/", "--chdir", "/", "--info-fd", String(INFO_DESCRIPTOR));
  args.push("--block-fd", String(BLOCK_DESCRIPTOR));
  if (helper === undefined && engine.filter !== undefined) args.push("--seccomp", String(SECCOMP_DESCRIPTOR));
  const executable = [binary, ...reachable.loader];
  const own = [binary, ...engineCommand.args(pathOf)];
  args.push("--", ...behindHelper(engine, { ...inner, executable, readable }, own, true));
  const confined = [tools.bubblewrap, ...args];
  const limited = helper === undefined ? withResourceLimits(tools, engine.needs, confined) : confined;
  const [command = tools.bubblewrap, ...all] = withOwnClocks(tools, options.uptimeSeconds, limited);
  return {
    command,
    args: all,
    openFiles,
    descriptors: {
      info: INFO_DESCRIPTOR,
      block: BLOCK_DESCRIPTOR,
      seccomp: SECCOMP_DESCRIPTOR,
      firstFile: FIRST_FILE_DESCRIPTOR,
    },
  };
}

/**
 * The command without bubblewrap: resource limits, no new privileges and the death of the host as a signal, as far as
 * the tools are there; with a first program inside also the filter, and files closed by Landlock.
 */
export function bareCommand(options: { tools: ConfinementTools; engine: SandboxedEngine }): {
  command: string;
  args: string[];
} {
  const { tools, engine } = options;
  const { helper } = engine;
  const { binary, files, loader, libraries } = engine.reachable;
  const readable = [binary, ...libraries, ...Object.values(files)];
  const paths = { perl: helper?.perl ?? "", script: helper?.script ?? "", executable: [binary, ...loader], readable };
  const engineArgs = engine.command.args((name) => files[name] ?? name);
  const own = behindHelper(engine, paths, [binary, ...engineArgs], false);
  const privileged =
    tools.setpriv === undefined ? own : [tools.setpriv, "--no-new-privs", "--pdeathsig", "KILL", ...own];
  const [command = binary, ...args] =
    helper === undefined ? withResourceLimits(tools, engine.needs, privileged) : privileged;
  return { command, args };
}
