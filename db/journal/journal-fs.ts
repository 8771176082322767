import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { syncFolder } from "@/lib/platform/private-file";

/** A file that is being written. */
export type JournalFile = {
  write(data: Uint8Array): Promise<void>;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** What the journal needs of a file system; tests let any of its operations fail. */
export type JournalFs = {
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, unsorted; none where there is no folder. */
  list(folder: string): Promise<string[]>;
  read(path: string): Promise<Uint8Array>;
  /** Makes a file; fails with `EEXIST` where there is one. */
  create(path: string): Promise<JournalFile>;
  /** Resolves when the names in a folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  /** Gives a file another name in its folder; a file that has that name is replaced. On the disk after `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
};

export const nodeJournalFs: JournalFs = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },
  read: (path) => readFile(path),
  async create(path) {
    const handle = await open(path, "ax", 0o600);
    return {
      write: (data) => handle.writeFile(data),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  syncFolder,
  rename: (from, to) => rename(from, to),
  remove: (path) => unlink(path),
};
