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
  failAt(operation: number, how: "once" | "forever", code?: "ENOSPC" | "EIO"): void;
  heal(): void;
  /** All files together have room for so many bytes: what does not fit is written as far as it fits, and fails. */
  fill(capacity: number): void;
  /** Bytes of all files. */
  readonly used: number;
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
  let failing: { from: number; how: "once" | "forever"; code: string } | undefined;
  let capacity = Number.POSITIVE_INFINITY;
  const used = () => [...seen.values()].reduce((sum, { bytes }) => sum + bytes.byteLength, 0);

  /** Adds to the file as much as there is room for; fails where that is not all. */
  function extend(inode: Inode, bytes: Uint8Array): void {
    const room = Math.max(0, capacity - used());
    inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, room)]);
    if (bytes.byteLength > room) throw failure("ENOSPC");
  }

  function operate(halfDone?: () => void): void {
    const number = operations;
    operations += 1;
    if (!failing) return;
    const isHit = failing.how === "once" ? number === failing.from : number >= failing.from;
    if (!isHit) return;
    halfDone?.();
    throw failure(failing.code);
  }

  return {
    async read(path) {
      return seen.get(path)?.bytes;
    },
    async write(path, bytes) {
      operate(() => seen.set(path, { bytes: bytes.slice(0, bytes.length >> 1) }));
      const inode = { bytes: new Uint8Array(0) };
      seen.set(path, inode);
      extend(inode, bytes);
    },
    async append(path, bytes) {
      const inode = seen.get(path) ?? { bytes: new Uint8Array(0) };
      const add = (part: Uint8Array) => {
        seen.set(path, inode);
        extend(inode, part);
      };
      operate(() => add(bytes.slice(0, bytes.length >> 1)));
      add(bytes);
    },
    async truncate(path, bytes) {
      operate();
      const inode = seen.get(path);
      if (!inode) throw new Error(`no such file: ${path}`);
      inode.bytes = inode.bytes.slice(0, bytes);
    },
    async size(path) {
      return seen.get(path)?.bytes.byteLength;
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
    failAt(operation, how, code = "ENOSPC") {
      failing = { from: operation, how, code };
    },
    heal() {
      failing = undefined;
    },
    fill(bytes) {
      capacity = bytes;
    },
    get used() {
      return used();
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

function failure(code: string): Error {
  return Object.assign(new Error(code === "ENOSPC" ? "no space left on device" : "the disk failed"), { code });
}
