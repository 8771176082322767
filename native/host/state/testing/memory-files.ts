import { dirname } from "node:path";
import type { DurableFiles } from "../durable-files";

/**
 * Files in memory that can fail and crash like a disk. A rename or a new name lasts only once its folder was synced;
 * `crash("lose")` forgets what was not, `crash("keep")` finds that it had lasted after all.
 */
export type MemoryFiles = DurableFiles & {
  /** Mutating calls so far. */
  readonly operations: number;
  /** The call with this number (from 0) fails, half done; `forever` fails all after it too, as a full disk does. */
  failAt(operation: number, how: "once" | "forever"): void;
  heal(): void;
  crash(how: "keep" | "lose"): void;
  names(): readonly string[];
  /** Changes bytes behind the host's back. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): void;
};

type Inode = { bytes: Uint8Array };

export function createMemoryFiles(): MemoryFiles {
  let seen = new Map<string, Inode>();
  const lasting = new Map<string, Inode>();
  let operations = 0;
  let failing: { from: number; how: "once" | "forever" } | undefined;

  function operate(halfDone?: () => void): void {
    const number = operations;
    operations += 1;
    if (!failing) return;
    const isHit = failing.how === "once" ? number === failing.from : number >= failing.from;
    if (!isHit) return;
    halfDone?.();
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  }

  return {
    async read(path) {
      return seen.get(path)?.bytes;
    },
    async write(path, bytes) {
      operate(() => seen.set(path, { bytes: bytes.slice(0, bytes.length >> 1) }));
      seen.set(path, { bytes: bytes.slice() });
    },
    async append(path, bytes) {
      const inode = seen.get(path) ?? { bytes: new Uint8Array(0) };
      const add = (part: Uint8Array) => {
        inode.bytes = Buffer.concat([inode.bytes, part]);
        seen.set(path, inode);
      };
      operate(() => add(bytes.slice(0, bytes.length >> 1)));
      add(bytes);
    },
    async rename(from, to) {
      operate();
      const inode = seen.get(from);
      if (!inode) throw new Error(`no such file: ${from}`);
      seen.delete(from);
      seen.set(to, inode);
    },
    async remove(path) {
      operate();
      seen.delete(path);
    },
    async list(directory) {
      return [...seen.keys()]
        .filter((path) => dirname(path) === directory)
        .map((path) => path.slice(directory.length + 1));
    },
    async syncDirectory(directory) {
      operate();
      for (const path of lasting.keys()) if (dirname(path) === directory && !seen.has(path)) lasting.delete(path);
      for (const [path, inode] of seen) if (dirname(path) === directory) lasting.set(path, inode);
    },
    async makeDirectory() {},
    get operations() {
      return operations;
    },
    failAt(operation, how) {
      failing = { from: operation, how };
    },
    heal() {
      failing = undefined;
    },
    crash(how) {
      failing = undefined;
      if (how === "lose") seen = new Map(lasting);
    },
    names: () => [...seen.keys()],
    damage(path, change) {
      const inode = seen.get(path);
      if (!inode) throw new Error(`no such file: ${path}`);
      inode.bytes = change(inode.bytes);
    },
  };
}
