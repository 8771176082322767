import type { EngineCommand } from "./engine";

/** Options of Node itself: no native add-ons, no code from strings, few helper threads, stack below its limit. */
const NODE_OPTIONS = [
  "--no-addons",
  "--no-warnings",
  "--disallow-code-generation-from-strings",
  "--disable-proto=delete",
  "--v8-pool-size=1",
  "--stack-size=3500",
  "--max-old-space-size=64",
];

/** A script of ours in the Node that runs the host; `entry` names one of the files. */
export function nodeCommand(files: Readonly<Record<string, string>>, entry: string): EngineCommand {
  return { binary: process.execPath, files, args: (pathOf) => [...NODE_OPTIONS, pathOf(entry)] };
}
