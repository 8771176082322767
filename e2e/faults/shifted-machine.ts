import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { RunningServer } from "../fixtures/running-server";
import { freshFolder } from "./fault-server";

/** A machine whose wall clock can be set, and which can be switched off: where its data lies, and what to start with. */
export type ShiftedMachine = {
  dataDir: string;
  /** The environment of its servers. */
  env(): Record<string, string>;
  /** Sets the clock, for a server that runs as well. */
  setAhead(seconds: number, running?: RunningServer): Promise<void>;
  /** What starts after this starts in another run of the kernel. */
  reboot(): void;
};

export function shiftedMachine(): ShiftedMachine {
  const folder = freshFolder();
  const path = join(folder, "clock");
  const preload = pathToFileURL(join(process.cwd(), "e2e/faults/shifted-clock.mjs")).href;
  let boot = 1;
  writeFileSync(path, "0");
  return {
    dataDir: join(folder, "data"),
    env: () => ({
      BULKHEAD_FAULT_CLOCK: path,
      BULKHEAD_FAULT_BOOT: `boot-${boot}`,
      NODE_OPTIONS: `--import=${preload}`,
    }),
    async setAhead(seconds, running) {
      // Whole or not at all: threads read it at any moment.
      writeFileSync(`${path}.next`, String(seconds * 1000));
      renameSync(`${path}.next`, path);
      if (running === undefined) return;
      running.child.process.kill("SIGUSR2");
      await running.child.waitFor(`clock_shifted ${seconds * 1000}`);
    },
    reboot() {
      boot += 1;
    },
  };
}
