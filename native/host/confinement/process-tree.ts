import { readFileSync, readlinkSync } from "node:fs";

/** Reads of `/proc`; a process that is gone answers undefined. */
export type ProcReader = { read(path: string): string | undefined; link(path: string): string | undefined };

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

export const systemProc: ProcReader = {
  read: (path) => orGone(() => readFileSync(path, "utf8")),
  link: (path) => orGone(() => readlinkSync(path)),
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
