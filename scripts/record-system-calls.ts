import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  answer,
  assemble,
  JUMP_EQUAL,
  load,
  OFFSET_NUMBER,
  SECCOMP_ALLOW,
  SECCOMP_ENOSYS,
  when,
} from "../native/host/confinement/bpf-program";
import type { ControlGroup } from "../native/host/confinement/control-group";
import { type Confinement, probeConfinement } from "../native/host/confinement/probe-confinement";
import { processTree, systemProc } from "../native/host/confinement/process-tree";
import { EXHAUSTING, REACHING_OUT } from "../native/host/program/hostile/hostile-programs";
import { startTestProgram } from "../native/host/program/testing/program-bench";

/**
 * Records anew which system calls the script engine makes under the Node that runs this, and writes them where the filter
 * takes them from. Everything runs in the real sandbox with the calls that no engine is given refused, so that what Node
 * does instead is what is seen. Needs strace and root:
 *
 *   node node_modules/tsx/dist/cli.mjs scripts/record-system-calls.ts
 */
const TARGET = new URL("../native/host/engines/script/system-calls.json", import.meta.url);

/** Refused while recording, as they will be: a library that finds them would hide what it does without them. */
const REFUSED_X64 = { io_uring_setup: 425, clone3: 435, memfd_create: 319, sysinfo: 99 };

const EVERYDAY = `
  await bulkhead.device.info();
  for (let round = 0; round < 20; round += 1) await bulkhead.storage.local.set("k" + round, "v".repeat(20_000));
  await bulkhead.storage.local.get("k1");
  const body = new Uint8Array(8 * 1024 * 1024 - 1024);
  await bulkhead.network.request({ url: "https://api.allowed.test/", method: "POST", body }).catch(() => {});
  await bulkhead.call("contacts.read").catch(() => {});
  const kept = []; for (let round = 0; round < 60; round += 1) kept.push(new Uint8Array(1 << 20).fill(1));
  for (let round = 0; round < 300; round += 1) bulkhead.call("device.info", {}).catch(() => {});
  for (let round = 0; round < 200; round += 1) console.log("line", round);
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let round = 0; round < 20; round += 1) await wait(10);
  let sum = 0; for (let round = 0; round < 3_000_000; round += 1) sum += Math.sqrt(round);
  console.log("done", sum);
`;
const ENDS = [
  `console.log("done"); throw new Error("of its own");`,
  `console.log("done"); const dig = () => dig() + 1; dig();`,
  `console.log("done"); JSON.parse("[".repeat(500000));`,
  `console.log("done"); const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1));`,
  `console.log("done"); for (;;);`,
];

/** Follows all that begins in the group from its first call on. */
function tracingGroup(output: string): ControlGroup {
  return {
    add(pid) {
      const tracer = spawn("strace", ["-f", "-qq", "-o", output, "-p", String(pid)], { stdio: "inherit" });
      if (tracer.pid === undefined) throw new Error("strace is not installed");
      while (!/^TracerPid:\s*[1-9]/m.test(systemProc.read(`/proc/${pid}/status`) ?? "TracerPid: 1"));
    },
    setMemoryCeiling: () => true,
    wasOutOfMemory: () => false,
    remove: () => true,
  };
}

/** Names out of a trace, from the moment on when the engine stands in the first program's place. */
function callsIn(trace: string): Set<string> {
  const names = new Set<string>();
  let engine: string | undefined;
  const first = /^(\d+)/.exec(trace)?.[1];
  for (const line of trace.split("\n")) {
    const [, pid = "", call = ""] = /^(\d+) +(?:<\.\.\. )?([a-z0-9_]+)[ (]/.exec(line) ?? [];
    if (engine === undefined) {
      if (line.includes(`execve("/bin/${basename(process.execPath)}"`)) engine = pid;
      continue;
    }
    if (pid !== first && call !== "") names.add(call);
  }
  return names;
}

async function record(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-record-"));
  const refused = Object.values(REFUSED_X64).flatMap((nr) => when(JUMP_EQUAL, nr, [answer(SECCOMP_ENOSYS)]));
  const filter = assemble([load(OFFSET_NUMBER), ...refused, answer(SECCOMP_ALLOW)]);
  const found = await probeConfinement();
  const names = new Set<string>();
  const sources = [EVERYDAY, ...ENDS, ...REACHING_OUT.map(({ source }) => source), ...Object.values(EXHAUSTING)];
  for (const [index, source] of sources.entries()) {
    const output = join(folder, String(index));
    const confinement: Confinement = {
      ...found,
      mode: "bubblewrap",
      tools: { ...found.tools, filter },
      layers: found.layers.map((layer) => ({ ...layer, active: true })),
      groups: { usable: true, create: () => tracingGroup(output) },
    };
    const program = await startTestProgram(source, { confinement });
    const settled = Promise.race([program.line("done"), program.line("tried"), program.program.ended]);
    await Promise.race([settled.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 3_000))]);
    // stopped and continued, as limits do
    for (const pid of processTree(systemProc, program.program.pid).slice(2)) {
      process.kill(pid, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.kill(pid, "SIGCONT");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await program.dispose();
    rmSync(program.storageDir, { recursive: true, force: true });
    for (const name of callsIn(readFileSync(output, "utf8"))) names.add(name);
    process.stderr.write(`${index + 1} of ${sources.length}: ${names.size} calls\n`);
  }
  rmSync(folder, { recursive: true, force: true });
  for (const name of Object.keys(REFUSED_X64)) names.delete(name);
  return [...names].sort();
}

const [major = ""] = process.versions.node.split(".");
const known = JSON.parse(readFileSync(TARGET, "utf8")) as Record<string, string[]>;
known[major] = await record();
writeFileSync(TARGET, `${JSON.stringify(known, undefined, 2)}\n`);
