import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, unlink } from "node:fs/promises";
import { inFolder, noneIf, openFolder, regularFiles, type StoredFile, sizeOfFile } from "./stored-areas";

/** One folder of a program's storage. Names in it are made by `storagePath`, never by a program. */
export type StorageFolder = {
  list(): Promise<StoredFile[]>;
  /** Bytes of a value; undefined where there is none. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Undefined where there is none. Whoever opens it closes it. */
  open(name: string): Promise<StoredValue | undefined>;
  /** Old content or new content, never a third: written beside, synced, renamed, and the folder synced. */
  replace(name: string, content: Uint8Array): Promise<void>;
  /** Whether there was one. */
  remove(name: string): Promise<boolean>;
  close(): Promise<void>;
};

/** A value as it was when it was opened, whatever becomes of its name; read when there is room for it. */
export type StoredValue = { sizeBytes: number; read(): Promise<Uint8Array>; close(): Promise<void> };

export type OpenStorageFolder = (root: string, parts: readonly string[]) => Promise<StorageFolder>;

const TEMPORARY_PREFIX = ".";
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: FOLDER_MODE }).catch(noneIf(["EEXIST"]));
}

/**
 * Opens (and makes) the folder `parts` below `root`, one step at a time from handle to handle: a link anywhere below
 * `root` refuses with ENOTDIR or ELOOP, and a link put there later is never walked.
 */
export const openStorageFolder: OpenStorageFolder = async (root, parts) => {
  await mkdir(root, { recursive: true, mode: FOLDER_MODE });
  let handle: FileHandle = await openFolder(root);
  for (const part of parts) {
    const parent = handle;
    try {
      const path = inFolder(parent, part);
      await makeFolder(path);
      handle = await openFolder(path);
    } finally {
      await parent.close();
    }
  }
  const folder = handle;
  const at = (name: string): string => inFolder(folder, name);
  for (const name of await readdir(at("."))) {
    // what an interrupted write left behind never became a value
    if (name.startsWith(TEMPORARY_PREFIX)) await unlink(at(name));
  }
  let lastTemporary = 0;
  return {
    async list() {
      const files: StoredFile[] = [];
      for await (const file of regularFiles(folder)) {
        if (!file.name.startsWith(TEMPORARY_PREFIX)) files.push(file);
      }
      return files;
    },
    sizeOf: (name) => sizeOfFile(folder, name),
    async open(name) {
      const file = await open(at(name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(noneIf(["ENOENT"]));
      if (file === undefined) return undefined;
      try {
        const { size: sizeBytes } = await file.stat();
        return { sizeBytes, read: async () => new Uint8Array(await readFile(file)), close: () => file.close() };
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    async replace(name, content) {
      lastTemporary += 1;
      const temporary = at(`${TEMPORARY_PREFIX}${lastTemporary}`);
      try {
        const file = await open(temporary, "wx", FILE_MODE);
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, at(name));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await folder.sync();
    },
    async remove(name) {
      const removed = await unlink(at(name)).then(() => true, noneIf(["ENOENT"]));
      if (removed === undefined) return false;
      await folder.sync();
      return true;
    },
    close: () => folder.close(),
  };
};

/** The whole of a value at once; undefined where there is none. */
export async function readValue(value: StoredValue | undefined): Promise<Uint8Array | undefined> {
  if (value === undefined) return undefined;
  try {
    return await value.read();
  } finally {
    await value.close();
  }
}
