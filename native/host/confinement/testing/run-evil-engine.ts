import { fileURLToPath } from "node:url";
import type { Engine, EngineCommand } from "../../engines/engine";
import { nodeCommand } from "../../engines/node-command";
import { scriptEngine } from "../../engines/script/script-engine";
import { createSpareEngines } from "../../program/spare-engines";
import { answer, assemble, SECCOMP_ALLOW } from "../bpf-program";
import { closeInheritedDescriptors } from "../close-inherited";
import { findConfinementTools } from "../confinement-tools";
import { type ConfinedProcess, launchConfined } from "../launch-confined";
import { probeConfinement } from "../probe-confinement";
import { processTree, systemProc } from "../process-tree";

/**
 * A host of one engine that was taken over: `run-evil-engine.ts ENGINE WITHOUT OTHER_PID START`, where ENGINE is `kernel`
 * (every system call), `threads`, or `probe` for the one that says what is active; WITHOUT names by commas what is left away.
 * START is `cold` or `spare`: then it waits, as a spare does, and tries nothing before it is taken. Writes what the engine tells, line by line, and of threads at the end how many tasks its processes had at most.
 */
const [kind = "kernel", without = "", otherPid = "1", start = "cold"] = process.argv.slice(2);
const left = new Set(without.split(","));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const EVIL: Readonly<Record<string, EngineCommand>> = {
  kernel: {
    binary: "/usr/bin/perl",
    files: { "evil-engine.pl": here("evil-engine.pl"), other: "/usr/bin/true" },
    args: (pathOf) => ["-f", pathOf("evil-engine.pl"), process.arch, otherPid, start],
  },
  threads: withArgument(nodeCommand({ "evil-threads.mjs": here("evil-threads.mjs") }, "evil-threads.mjs"), start),
};

function withArgument(known: EngineCommand, argument: string): EngineCommand {
  return { ...known, args: (pathOf) => [...known.args(pathOf), argument] };
}

if (!left.has("closing")) closeInheritedDescriptors();
if (kind === "probe") {
  const { layers } = await probeConfinement();
  for (const { name, active, reason = "" } of layers) process.stdout.write(`${name} ${active || reason}\n`);
  process.exit(0);
}
const { perl, unshare, ...rest } = findConfinementTools();
const found = EVIL[kind];
if (found === undefined) throw new Error(`no evil engine ${kind}`);
const command = found;
const mode = left.has("bubblewrap") ? "bare" : "bubblewrap";
const tools = {
  ...rest,
  ...(perl === undefined || left.has("helper") ? {} : { perl }),
  ...(unshare === undefined || left.has("clocks") ? {} : { unshare }),
  ...(left.has("filter") ? { filter: assemble([answer(SECCOMP_ALLOW)]) } : {}),
};
// each worker has descriptors of its own, which would run out first
const needs = kind === "threads" ? { ...scriptEngine.needs, descriptorsMax: 4096 } : scriptEngine.needs;

async function launch(): Promise<ConfinedProcess> {
  if (start === "cold") {
    const launched = await launchConfined({ mode, tools, command, needs });
    if (!launched.ok) throw new Error(launched.reason);
    return launched.process;
  }
  const groups = { usable: false, reason: "not asked for" } as const;
  const evil: Engine = { ...scriptEngine, needs, command: async () => command, prepare: () => undefined };
  const spares = createSpareEngines({
    ...{ count: 1, engines: [evil], confinement: { layers: [], mode, tools, groups } },
    log: (_level, event, fields) => process.stderr.write(`${event} ${JSON.stringify(fields)}\n`),
  });
  spares.refill();
  await spares.settled();
  const spare = await spares.take(evil, 0);
  if (spare === undefined) throw new Error("no spare waits");
  spare.process.channel.write("go");
  return spare.process;
}

const { channel, exited, diagnostics, pid } = await launch();
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
