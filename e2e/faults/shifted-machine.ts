import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freshFolder } from "./fault-server";

/** A machine whose wall clock can be set: where its data lies, and the environment to start its servers with. */
export type ShiftedMachine = {
  dataDir: string;
  env: Record<string, string>;
  /** For the next start; a server that runs looks again at SIGUSR2. */
  setAhead(seconds: number): void;
};

export function shiftedMachine(): ShiftedMachine {
  const folder = freshFolder();
  const path = join(folder, "clock");
  const setAhead = (seconds: number) => writeFileSync(path, String(seconds * 1000));
  setAhead(0);
  const preload = pathToFileURL(join(process.cwd(), "e2e/faults/shifted-clock.mjs")).href;
  const env = { BULKHEAD_FAULT_CLOCK: path, NODE_OPTIONS: `--import=${preload}` };
  return { dataDir: join(folder, "data"), env, setAhead };
}
