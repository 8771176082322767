import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SCRIPT_NAME } from "../core/bundle/open-bundle";
import { helpOf } from "../core/decide/help";

export type LintIssue = {
  code: "SCRIPT_INVALID" | "ICON_MISSING";
  message: string;
  at: string;
  seen: string | null;
  wanted: string | null;
  help: string;
};

const PAGES_MAX = 1024;
const TURN_CPU_MS_MAX = 2000;

/**
 * Starts a script in the engine that will run it, where every call waits for an answer that never comes: what the engine
 * cannot read, and what nobody catches or handles at the first lines, before anything was answered, is an issue. Nothing is granted to it, and
 * its time and memory are bounded; a script that is still busy then is none.
 */
export async function lintScript(source: string): Promise<LintIssue[]> {
  // Loaded by the one command that needs it: the others start faster.
  const { createScriptMachine } = await import("../host/engines/script/script-machine");
  const { compileScriptWasm } = await import("../host/engines/script/script-wasm");
  const wasm = createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
  const uncaught: string[] = [];
  const startedMs = process.cpuUsage().user / 1000;
  const machine = await createScriptMachine({
    wasm: compileScriptWasm(readFileSync(wasm)),
    memoryPagesMax: PAGES_MAX,
    turnCpuMsMax: TURN_CPU_MS_MAX,
    turnWallMsMax: 10 * TURN_CPU_MS_MAX,
    ports: {
      post: () => 0,
      startTimer: () => 1,
      stopTimer: () => {},
      // what is too busy or too big for this is not judged
      onFault: () => {},
      onUncaught: (line) => uncaught.push(line),
      wallMs: () => performance.now(),
      cpuMs: () => process.cpuUsage().user / 1000 - startedMs,
    },
  });
  machine.run(source);
  return uncaught.map((text) => {
    const [, said = text, place = SCRIPT_NAME] = /^(.*) at (\S+:\d+(?::\d+)?)$/s.exec(text) ?? [];
    return {
      ...{ code: "SCRIPT_INVALID", at: place, seen: null, wanted: wantedFor(said) },
      message: `${place}: ${said}`,
      help: helpOf("SCRIPT_INVALID"),
    };
  });
}

/** What would pass, where the engine's words are of something that other engines have and this one has not. */
function wantedFor(said: string): string | null {
  if (/could not load module|module/i.test(said)) return "one file: bundle what it imports into app.js";
  if (/is not defined/.test(said))
    return "the language itself, bulkhead, console and timers: there is no DOM, no Node and no App or Page";
  return null;
}
