import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";

/** The few file operations that durable state is made of. Injected, so that a test can fail each of them in turn. */
export type DurableFiles = {
  /** Everything in the file, or `undefined` where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Makes or truncates the file (mode 0600), writes it whole and syncs it. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end and, when told, syncs. */
  append(path: string, bytes: Uint8Array, options: { sync: boolean }): Promise<void>;
  /** Cuts the file to so many bytes, and syncs it. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Bytes of the file, or `undefined` where there is none. */
  size(path: string): Promise<number | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens where there is no such file. */
  remove(path: string): Promise<void>;
  list(directory: string): Promise<readonly string[]>;
  /** Makes renames and removals in the folder last. */
  syncDirectory(directory: string): Promise<void>;
  /** Mode 0700, parents too. */
  makeDirectory(directory: string): Promise<void>;
};

export const nodeDurableFiles: DurableFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async write(path, bytes) {
    const handle = await open(path, "w", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async append(path, bytes, { sync }) {
    const handle = await open(path, "a", 0o600);
    try {
      await handle.writeFile(bytes);
      if (sync) await handle.datasync();
    } finally {
      await handle.close();
    }
  },
  async truncate(path, bytes) {
    const handle = await open(path, "r+");
    try {
      await handle.truncate(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async list(directory) {
    try {
      return await readdir(directory);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  async syncDirectory(directory) {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async makeDirectory(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  },
};

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
