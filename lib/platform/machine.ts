import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, uptime } from "node:os";

/** The machine as the rest of the house may know it: injected, so that tests decide how it runs. */
export type Machine = {
  /** Names one run of the kernel: the same for all processes of the machine until it is started again. */
  bootId: string;
  /** How people know it. */
  name: string;
  /** Milliseconds since the kernel started. They run on through sleep, and nobody sets them. */
  uptimeMs(): number;
};

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/** Where the system does not name the run of its kernel, the run of this process stands for it. */
function readBootId(): string {
  try {
    return readFileSync(BOOT_ID, "utf8").trim();
  } catch {
    return `process-${randomUUID()}`;
  }
}

export function readMachine(): Machine {
  return { bootId: readBootId(), name: hostname(), uptimeMs: () => Math.round(uptime() * 1000) };
}
