import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";

export type StoredFile = { name: string; sizeBytes: number; changedMs: number };

/** One folder of a program's storage. Names in it are made by `storagePath`, never by a program. */
export type StorageFolder = {
  list(): Promise<StoredFile[]>;
  read(name: string): Promise<Uint8Array | undefined>;
  /** Old content or new content, never a third: written beside, synced, renamed, and the folder synced. */
  replace(name: string, content: Uint8Array): Promise<void>;
  /** Whether there was one. */
  remove(name: string): Promise<boolean>;
  close(): Promise<void>;
};

export type OpenStorageFolder = (root: string, parts: readonly string[]) => Promise<StorageFolder>;

const TEMPORARY_PREFIX = ".";
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: FOLDER_MODE }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
}

/** Opened without following a link, so that what is held is the folder itself and stays it whatever the path becomes. */
function openFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/**
 * Opens (and makes) the folder `parts` below `root`, one step at a time from handle to handle: a link anywhere below
 * `root` refuses with ENOTDIR or ELOOP, and a link put there later is never walked.
 */
export const openStorageFolder: OpenStorageFolder = async (root, parts) => {
  await mkdir(root, { recursive: true, mode: FOLDER_MODE });
  let handle = await openFolder(root);
  for (const part of parts) {
    const parent = handle;
    try {
      const path = join(`/proc/self/fd/${parent.fd}`, part);
      await makeFolder(path);
      handle = await openFolder(path);
    } finally {
      await parent.close();
    }
  }
  const folder = handle;
  const at = (name: string): string => `/proc/self/fd/${folder.fd}/${name}`;
  for (const name of await readdir(at("."))) {
    // what an interrupted write left behind never became a value
    if (name.startsWith(TEMPORARY_PREFIX)) await unlink(at(name));
  }
  let lastTemporary = 0;
  return {
    async list() {
      const files: StoredFile[] = [];
      for (const name of await readdir(at("."))) {
        if (name.startsWith(TEMPORARY_PREFIX)) continue;
        const entry = await lstat(at(name)).catch((error: unknown) => {
          if (isMissing(error)) return undefined;
          throw error;
        });
        if (entry?.isFile()) files.push({ name, sizeBytes: entry.size, changedMs: entry.mtimeMs });
      }
      return files;
    },
    async read(name) {
      try {
        const file = await open(at(name), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
          return new Uint8Array(await readFile(file));
        } finally {
          await file.close();
        }
      } catch (error) {
        if (isMissing(error)) return undefined;
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
      try {
        await unlink(at(name));
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
      await folder.sync();
      return true;
    },
    close: () => folder.close(),
  };
};

/** Removes everything that a program kept, for every user. Links are removed, not followed. */
export async function wipeProgramStorage(storageDir: string, appId: string): Promise<void> {
  await rm(join(storageDir, appId), { recursive: true, force: true });
}
