import { closeSync, readdirSync } from "node:fs";
import { systemProc } from "./process-tree";

const CLOSE_ON_EXEC = 0o2000000;
const LAST_STANDARD = 2;

/**
 * Closes what this process was started with and would hand on to everything that it starts: descriptors above the
 * standard ones that stay open in a child. Node's own never do. For a process that is the host's alone, at its start:
 * whoever embeds the host in a process of his own may have opened such for himself. Answers which there were.
 */
export function closeInheritedDescriptors(): number[] {
  const closed: number[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    if (descriptor <= LAST_STANDARD) continue;
    const flags = /^flags:\s*([0-7]+)/m.exec(systemProc.read(`/proc/self/fdinfo/${name}`) ?? "")?.[1];
    if (flags === undefined || (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0) continue;
    closeSync(descriptor);
    closed.push(descriptor);
  }
  return closed;
}
