import type { ConfinementTools } from "./confinement-tools";

/** Where things lie inside the sandbox. Nothing else exists there: no /proc, no /dev, nothing that can be written. */
export const SANDBOX_NODE = "/bin/node";
export const SANDBOX_ENGINE_FOLDER = "/engine";

/** Descriptors of the sandboxed child; bubblewrap's own follow and are closed before the child runs. */
export const CHANNEL_DESCRIPTOR = 3;
const INFO_DESCRIPTOR = 4;
const BLOCK_DESCRIPTOR = 5;
const SECCOMP_DESCRIPTOR = 6;
const FIRST_FILE_DESCRIPTOR = 7;

/** A file shown read-only to the child. */
export type SandboxFile = { source: string; target: string };

export type SandboxCommand = {
  command: string;
  args: string[];
  /** Files to be opened, in order, from `firstFileDescriptor` on. */
  openFiles: string[];
  descriptors: { info: number; block: number; seccomp: number; firstFile: number };
};

/** Bounds that hold without a control group: no core file, nothing written, few descriptors, a stack that is known. */
const RESOURCE_LIMITS = ["--core=0", "--fsize=0", "--nofile=64", "--stack=8388608", "--memlock=0", "--msgqueue=0"];

/** Options of Node itself: no native add-ons, no code from strings, few helper threads, stack below the limit above. */
const NODE_OPTIONS = [
  "--no-addons",
  "--no-warnings",
  "--disallow-code-generation-from-strings",
  "--disable-proto=delete",
  "--v8-pool-size=1",
  "--stack-size=3500",
  "--max-old-space-size=64",
];

function withResourceLimits(tools: ConfinementTools, command: string, args: string[]): [string, string[]] {
  if (tools.prlimit === undefined) return [command, args];
  return [tools.prlimit, [...RESOURCE_LIMITS, command, ...args]];
}

/**
 * The command that runs `entry` (a path inside the sandbox) under bubblewrap. Options act in their order, and the root
 * is made read-only last. The environment that it is spawned with must be empty: bubblewrap's own would stay readable.
 */
export function bubblewrapCommand(options: {
  tools: ConfinementTools & { bubblewrap: string };
  files: readonly SandboxFile[];
  entry: string;
  seccomp: boolean;
}): SandboxCommand {
  const { tools } = options;
  const files: SandboxFile[] = [
    { source: tools.node, target: SANDBOX_NODE },
    ...tools.libraries.map((path) => ({ source: path, target: path })),
    ...options.files,
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
  args.push("--", SANDBOX_NODE, ...NODE_OPTIONS, options.entry);
  const [command, all] = withResourceLimits(tools, tools.bubblewrap, args);
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
export function bareCommand(options: { tools: ConfinementTools; entry: string }): { command: string; args: string[] } {
  const { tools, entry } = options;
  const node = [tools.node, ...NODE_OPTIONS, entry];
  const [first = tools.node, ...rest] =
    tools.setpriv === undefined ? node : [tools.setpriv, "--no-new-privs", "--pdeathsig", "KILL", ...node];
  const [command, args] = withResourceLimits(tools, first, rest);
  return { command, args };
}
