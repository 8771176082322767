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

const OPENSSL = "openssl.cnf";
/** What Node reads beside a script, by name, and where it lies below `native/host`. */
export const NODE_FILES = { [OPENSSL]: `engines/${OPENSSL}` } as const;

/** A script of ours in the Node that runs the host; `entry` names one of the files, which hold `NODE_FILES` too. `more`: options of Node. */
export function nodeCommand(
  files: Readonly<Record<string, string>>,
  entry: string,
  more: readonly string[] = [],
): EngineCommand {
  // without one of its own Node reads the machine's, and ends where that may not be read
  const own = (pathOf: (name: string) => string) =>
    files[OPENSSL] === undefined ? [] : [`--openssl-config=${pathOf(OPENSSL)}`];
  return {
    binary: process.execPath,
    files,
    args: (pathOf) => [...NODE_OPTIONS, ...more, ...own(pathOf), pathOf(entry)],
  };
}
