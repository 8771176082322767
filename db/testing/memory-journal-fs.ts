import { basename, dirname } from "node:path";
import type { BundleFs } from "../bundles/bundle-fs";

export type MemoryJournalFs = BundleFs & {
  files: Map<string, Uint8Array>;
  /** How many operations were asked for so far. */
  readonly operations: number;
  /** Says for each operation, by its number and name, whether it fails; a failing write may leave a part behind. */
  failWhen(fails: (operation: number, name: string) => boolean): void;
  /** What is left after power loss: of every file what was synced, of every folder the names that were. */
  losePower(): void;
  /** The disk as it is now, for another process to find. */
  fork(): MemoryJournalFs;
};

type Disk = {
  files: Map<string, Uint8Array>;
  /** Which file a name is of: names and files reach the disk separately. */
  inodes: Map<string, symbol>;
  synced: Map<symbol, Uint8Array>;
  names: Map<string, symbol>;
};
const emptyDisk = (): Disk => ({ files: new Map(), inodes: new Map(), synced: new Map(), names: new Map() });

/** A disk in memory that keeps what was synced apart from what was only written. */
export function memoryJournalFs(disk = emptyDisk(), nowMs: () => number = () => 0): MemoryJournalFs {
  const { files, inodes, synced, names } = disk;
  const inodeOf = (path: string) => {
    const inode = inodes.get(path) ?? Symbol(path);
    inodes.set(path, inode);
    return inode;
  };
  let operations = 0;
  let fails: (operation: number, name: string) => boolean = () => false;
  const isFailing = (name: string) => {
    operations += 1;
    return fails(operations, name);
  };
  const step = async (name: string) => {
    if (isFailing(name)) throw Object.assign(new Error(`${name} failed`), { code: "EIO" });
  };
  const modified = new Map<symbol, number>();
  const append = (path: string, data: Uint8Array) => {
    modified.set(inodeOf(path), nowMs());
    files.set(path, Buffer.concat([files.get(path) ?? new Uint8Array(), data]));
  };
  return {
    files,
    get operations() {
      return operations;
    },
    failWhen(next) {
      operations = 0;
      fails = next;
    },
    losePower() {
      files.clear();
      inodes.clear();
      for (const [path, inode] of names) {
        const kept = synced.get(inode);
        if (kept === undefined) continue;
        files.set(path, kept);
        inodes.set(path, inode);
      }
    },
    fork() {
      return memoryJournalFs({
        files: new Map(files),
        inodes: new Map(inodes),
        synced: new Map(synced),
        names: new Map(names),
      });
    },
    makeFolder: () => step("makeFolder"),
    async list(folder) {
      await step("list");
      return [...files.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
    },
    async read(path) {
      await step("read");
      return files.get(path) ?? new Uint8Array();
    },
    async stat(path) {
      await step("stat");
      const data = files.get(path);
      if (data === undefined) return null;
      return { sizeBytes: data.length, modifiedMs: modified.get(inodeOf(path)) ?? 0 };
    },
    async *stream(path) {
      await step("stream");
      yield files.get(path) ?? new Uint8Array();
    },
    async create(path) {
      await step("create");
      if (files.has(path)) throw Object.assign(new Error("exists"), { code: "EEXIST" });
      files.set(path, new Uint8Array());
      inodes.delete(path);
      return {
        async write(data) {
          if (isFailing("write")) {
            append(path, data.subarray(0, data.length >> 1));
            throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
          }
          append(path, data);
        },
        async sync() {
          await step("sync");
          synced.set(inodeOf(path), files.get(path) ?? new Uint8Array());
        },
        close: () => step("close"),
      };
    },
    async syncFolder(folder) {
      await step("syncFolder");
      for (const path of names.keys()) if (dirname(path) === folder) names.delete(path);
      for (const path of files.keys()) if (dirname(path) === folder) names.set(path, inodeOf(path));
    },
    async rename(from, to) {
      await step("rename");
      files.set(to, files.get(from) ?? new Uint8Array());
      inodes.set(to, inodeOf(from));
      files.delete(from);
      inodes.delete(from);
    },
    async remove(path) {
      await step("remove");
      files.delete(path);
      inodes.delete(path);
      names.delete(path);
    },
  };
}
