import { dirname } from "node:path";
import type { JournalFs } from "../journal/journal-fs";

export type MemoryJournalFs = JournalFs & {
  files: Map<string, Uint8Array>;
  /** How many operations were asked for so far. */
  readonly operations: number;
  /** Says for each operation, by its number and name, whether it fails; a failing write may leave a part behind. */
  failWhen(fails: (operation: number, name: string) => boolean): void;
  /** What is left after power loss: of every file what was synced, of every folder the names that were. */
  losePower(): void;
};

/** A disk in memory that keeps what was synced apart from what was only written. */
export function memoryJournalFs(): MemoryJournalFs {
  const files = new Map<string, Uint8Array>();
  const synced = new Map<string, Uint8Array>();
  const names = new Set<string>();
  let operations = 0;
  let fails: (operation: number, name: string) => boolean = () => false;
  const isFailing = (name: string) => {
    operations += 1;
    return fails(operations, name);
  };
  const step = async (name: string) => {
    if (isFailing(name)) throw Object.assign(new Error(`${name} failed`), { code: "EIO" });
  };
  const append = (path: string, data: Uint8Array) =>
    files.set(path, Buffer.concat([files.get(path) ?? new Uint8Array(), data]));
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
      for (const path of [...files.keys()]) {
        const kept = synced.get(path);
        if (names.has(path) && kept !== undefined) files.set(path, kept);
        else files.delete(path);
      }
    },
    makeFolder: () => step("makeFolder"),
    async list(folder) {
      await step("list");
      return [...files.keys()].filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1));
    },
    async read(path) {
      await step("read");
      return files.get(path) ?? new Uint8Array();
    },
    async create(path) {
      await step("create");
      if (files.has(path)) throw Object.assign(new Error("exists"), { code: "EEXIST" });
      files.set(path, new Uint8Array());
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
          synced.set(path, files.get(path) ?? new Uint8Array());
        },
        close: () => step("close"),
      };
    },
    async syncFolder(folder) {
      await step("syncFolder");
      for (const path of files.keys()) if (dirname(path) === folder) names.add(path);
    },
    async remove(path) {
      await step("remove");
      files.delete(path);
      names.delete(path);
    },
  };
}
