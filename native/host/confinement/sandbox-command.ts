import { basename } from "node:path";
import type { EngineCommand, EngineNeeds } from "../engines/engine";
import type { ConfinementTools } from "./confinement-tools";
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

/** What runs, under the paths at which it can be reached, and what it needs. */
export type SandboxedEngine = { command: EngineCommand; reachable: ReachableCommand; needs: EngineNeeds };

export type SandboxCommand = {
  command: string;
  args: string[];
  /** Files to be opened, in order, from `firstFileDescriptor` on. */
  openFiles: string[];
  descriptors: { info: number; block: number; seccomp: number; firstFile: number };
};

/** Bounds that hold without a control group: no core file, nothing written, few descriptors, a stack that is known. */
function resourceLimits({ descriptorsMax, stackBytesMax }: EngineNeeds): string[] {
  const fixed = ["--core=0", "--fsize=0", "--memlock=0", "--msgqueue=0"];
  return [...fixed, `--nofile=${descriptorsMax}`, `--stack=${stackBytesMax}`];
}

function withResourceLimits(
  tools: ConfinementTools,
  needs: EngineNeeds,
  command: string,
  args: string[],
): [string, string[]] {
  if (tools.prlimit === undefined) return [command, args];
  return [tools.prlimit, [...resourceLimits(needs), command, ...args]];
}

/**
 * The command that runs an engine under bubblewrap. Options act in their order, and the root
 * is made read-only last. The environment that it is spawned with must be empty: bubblewrap's own would stay readable.
 */
export function bubblewrapCommand(options: {
  tools: ConfinementTools & { bubblewrap: string };
  engine: SandboxedEngine;
  seccomp: boolean;
}): SandboxCommand {
  const { tools, engine } = options;
  const { command: engineCommand, reachable } = engine;
  const binary = `${BINARY_FOLDER}/${basename(engineCommand.binary)}`;
  const pathOf = (name: string) => `${ENGINE_FOLDER}/${name}`;
  const files = [
    { source: reachable.binary, target: binary },
    ...reachable.libraries.map((path) => ({ source: path, target: path })),
    ...Object.entries(reachable.files).map(([name, source]) => ({ source, target: pathOf(name) })),
  ];
  const args = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "program"];
  const openFiles: string[] = [];
  for (const { source, target } of files) {
    if (tools.bindsDescriptors) {
      args.push("--ro-bind-fd", String(FIRST_FILE_DESCRIPTOR + openFiles.length), target);
      openFiles.push(source);
    } else {
      args.push("--ro-bind", source, target);
    }
  }
  args.push("--remount-ro", "/", "--chdir", "/", "--info-fd", String(INFO_DESCRIPTOR));
  args.push("--block-fd", String(BLOCK_DESCRIPTOR));
  if (options.seccomp) args.push("--seccomp", String(SECCOMP_DESCRIPTOR));
  args.push("--", binary, ...engineCommand.args(pathOf));
  const [command, all] = withResourceLimits(tools, engine.needs, tools.bubblewrap, args);
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
 * the tools are there; beside it only the dropped user and the empty environment remain.
 */
export function bareCommand(options: { tools: ConfinementTools; engine: SandboxedEngine }): {
  command: string;
  args: string[];
} {
  const { tools, engine } = options;
  const { binary, files } = engine.reachable;
  const own = [binary, ...engine.command.args((name) => files[name] ?? name)];
  const [first = binary, ...rest] =
    tools.setpriv === undefined ? own : [tools.setpriv, "--no-new-privs", "--pdeathsig", "KILL", ...own];
  const [command, args] = withResourceLimits(tools, engine.needs, first, rest);
  return { command, args };
}
