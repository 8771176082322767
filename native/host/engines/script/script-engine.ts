import { createRequire } from "node:module";
import { createBridgeChannel } from "../../bridge/bridge-channel";
import { encodeFrame, FAULTS, FROM_HOST } from "../../bridge/frame-codec";
import { builtFiles } from "../../build/built-files";
import type { Engine, EngineBounds, EngineCommand, EngineFault } from "../engine";
import { NODE_FILES, nodeCommand } from "../node-command";
import { scriptMemory, wasmPages } from "./script-memory";
import { withSourceMap } from "./source-map";
import recorded from "./system-calls.json" with { type: "json" };

const SCRIPT = "engine-script.mjs";
const WASM = "engine-script.wasm";
/**
 * What the machine's functions do, in bytes of code, before they are compiled again for speed. The one that interprets is so long that
 * the engine's usual budget is used up in forty steps: a second compiler would run at every start, and its memory stay with programs that
 * do nothing. With this one it runs in a program's first milliseconds of work.
 */
const TIER_LATE = "--wasm-tiering-budget=300000000";
const SOURCE_FILE = "app.js";
const FAULT_NAMES = new Map<number, EngineFault>(
  // Safe: the entries of FAULTS are its own names.
  Object.entries(FAULTS).map(([name, reason]) => [reason, name as keyof typeof FAULTS]),
);

/**
 * What a record of its work need not show: what belongs to ends, to being stopped and continued, to memory that grows,
 * and to clocks, which ask the kernel only on machines whose time can't be read without it.
 */
const SELDOM = [
  ...["exit", "exit_group", "getpid", "gettid", "tgkill"],
  ...["restart_syscall", "rt_sigreturn", "sched_yield"],
  ...["mremap", "clock_gettime"],
];

/** As recorded under this major version of Node; under one that none was recorded for, all that any was seen to make. */
function systemCallsUnder(major: string): readonly string[] {
  const lists: Readonly<Record<string, readonly string[]>> = recorded;
  return [...new Set([...(lists[major] ?? Object.values(lists).flat()), ...SELDOM])];
}

const [nodeMajor = ""] = process.versions.node.split(".");

let made: Promise<EngineCommand> | undefined;

async function makeCommand(): Promise<EngineCommand> {
  const files = await builtFiles({
    scripts: { [SCRIPT]: "engines/script/engine-child.ts" },
    copies: {
      ...NODE_FILES,
      [WASM]: () => createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
    },
    watched: ["engines", "bridge"],
  });
  return nodeCommand(files, SCRIPT, [TIER_LATE]);
}

/** A machine's bounds as its process is told them: the same text for the same bounds. */
function optionsOf({ engineBytesMax, ...turn }: EngineBounds): Record<string, number> {
  return { memoryPagesMax: wasmPages(engineBytesMax), ...turn };
}

/** QuickJS in WebAssembly in a Node process: one machine, one source, frames over one inherited pipe. */
export const scriptEngine: Engine = {
  kind: "script",
  keeps: ["engineBytesMax", "turnCpuMsMax", "turnWallMsMax"],
  needs: {
    threadsMax: 32,
    descriptorsMax: 64,
    stackBytesMax: 8 * 1024 * 1024,
    systemCalls: systemCallsUnder(nodeMajor),
  },
  command() {
    made ??= makeCommand();
    return made;
  },
  memory: scriptMemory,
  read(bundle) {
    const file = bundle.readFile(SOURCE_FILE);
    if (file === undefined) return undefined;
    const source = withSourceMap(file, SOURCE_FILE, bundle.readFile(`${SOURCE_FILE}.map`));
    return {
      connect(stream, handlers) {
        const { run, ...channel } = createBridgeChannel(stream, handlers);
        return {
          ...channel,
          begin: (bounds) => run(source, optionsOf(bounds)),
        };
      },
    };
  },
  faultOf: (reason) => FAULT_NAMES.get(reason) ?? "unknown",
  prepare: (stream, bounds) => void stream.write(encodeFrame(FROM_HOST.prepare, JSON.stringify(optionsOf(bounds)))),
};
