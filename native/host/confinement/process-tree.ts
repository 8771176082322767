import { closeSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";

/** Reads of `/proc`; a process that is gone answers undefined. */
export type ProcReader = {
  read(path: string): string | undefined;
  link(path: string): string | undefined;
  /** For what is read again and again: a third of the price of `read`. Stays with the process that had the number then. */
  open(path: string): ProcFile | undefined;
};

/** Undefined once the process is gone. */
export type ProcFile = { read(): string | undefined; close(): void };

/** A process may end between two reads of `/proc`; that is an answer, not a fault. */
const GONE = new Set(["ENOENT", "ESRCH"]);

function orGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      if (GONE.has(error.code) || error.code === "EACCES" || error.code === "EPERM") return undefined;
    }
    throw error;
  }
}

/** Longer than what the kernel writes of one process's state; read and decoded at once, so that all may share it. */
const written = Buffer.alloc(16 * 1024);

export const systemProc: ProcReader = {
  read: (path) => orGone(() => readFileSync(path, "utf8")),
  link: (path) => orGone(() => readlinkSync(path)),
  open(path) {
    const descriptor = orGone(() => openSync(path, "r"));
    if (descriptor === undefined) return undefined;
    return {
      read: () => orGone(() => written.toString("latin1", 0, readSync(descriptor, written, 0, written.length, 0))),
      close: () => closeSync(descriptor),
    };
  },
};

/** `pid` and every process below it that is still there, parents first. */
export function processTree(proc: ProcReader, pid: number): number[] {
  const tree: number[] = [];
  const waiting = [pid];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const children = proc.read(`/proc/${next}/task/${next}/children`);
    if (children === undefined) continue;
    tree.push(next);
    for (const child of children.split(" ")) {
      if (/^\d+/.test(child)) waiting.push(Number(child));
    }
  }
  return tree;
}
