import { fileURLToPath } from "node:url";
import type { EngineCommand } from "../../engines/engine";
import { nodeCommand } from "../../engines/node-command";
import { scriptEngine } from "../../engines/script/script-engine";
import { answer, assemble, SECCOMP_ALLOW } from "../bpf-program";
import { closeInheritedDescriptors } from "../close-inherited";
import { findConfinementTools } from "../confinement-tools";
import { launchConfined } from "../launch-confined";
import { probeConfinement } from "../probe-confinement";
import { processTree, systemProc } from "../process-tree";

/**
 * A host of one engine that was taken over: `run-evil-engine.ts ENGINE WITHOUT OTHER_PID`, where ENGINE is `kernel` (every
 * system call), `threads`, or `probe` for the one that says what is active; WITHOUT names by commas what is left away.
 * Writes what the engine tells, line by line, and of threads at the end how many tasks its processes had at most.
 */
const [kind = "kernel", without = "", otherPid = "1"] = process.argv.slice(2);
const left = new Set(without.split(","));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const EVIL: Readonly<Record<string, EngineCommand>> = {
  kernel: {
    binary: "/usr/bin/perl",
    files: { "evil-engine.pl": here("evil-engine.pl"), other: "/usr/bin/true" },
    args: (pathOf) => ["-f", pathOf("evil-engine.pl"), process.arch, otherPid],
  },
  threads: nodeCommand({ "evil-threads.mjs": here("evil-threads.mjs") }, "evil-threads.mjs"),
};

if (!left.has("closing")) closeInheritedDescriptors();
if (kind === "probe") {
  const { layers } = await probeConfinement();
  for (const { name, active, reason = "" } of layers) process.stdout.write(`${name} ${active || reason}\n`);
  process.exit(0);
}
const { perl, unshare, ...rest } = findConfinementTools();
const command = EVIL[kind];
if (command === undefined) throw new Error(`no evil engine ${kind}`);
const launched = await launchConfined({
  mode: left.has("bubblewrap") ? "bare" : "bubblewrap",
  tools: {
    ...rest,
    ...(perl === undefined || left.has("helper") ? {} : { perl }),
    ...(unshare === undefined || left.has("clocks") ? {} : { unshare }),
    ...(left.has("filter") ? { filter: assemble([answer(SECCOMP_ALLOW)]) } : {}),
  },
  command,
  // each worker has descriptors of its own, which would run out first
  needs: kind === "threads" ? { ...scriptEngine.needs, descriptorsMax: 4096 } : scriptEngine.needs,
});
if (!launched.ok) throw new Error(launched.reason);
const { channel, exited, diagnostics, pid } = launched.process;
/** What the kernel counts against the bound: every thread of every process inside, whoever made it. */
const countTasks = (): number =>
  processTree(systemProc, pid).reduce((sum, one) => {
    const threads = /^Threads:\t(\d+)$/m.exec(systemProc.read(`/proc/${one}/status`) ?? "")?.[1];
    return sum + Number(threads ?? 0);
  }, 0);
let tasksMax = 0;
channel.on("data", (part: Buffer) => {
  tasksMax = Math.max(tasksMax, countTasks());
  process.stdout.write(part);
});
process.stderr.write(`${diagnostics()}${JSON.stringify(await exited)}\n`);
process.stdout.write(`tasks ${tasksMax}\n`);
