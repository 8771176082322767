import { constants } from "node:fs";
import { type FileHandle, lstat, open, opendir } from "node:fs/promises";

/** One area on the disk, by the folders that lead to it: program, user, area. */
export type StoredArea = { folders: readonly [string, string, string]; files(): AsyncGenerator<StoredFile> };
export type StoredFile = { name: string; sizeBytes: number };

/** Opened without following a link, so that what is held is the folder itself and stays it whatever the path becomes. */
export function openFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

export const inFolder = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

/** Bytes of the regular file of that name; undefined where there is none. A link is none. */
export async function sizeOfFile(folder: FileHandle, name: string): Promise<number | undefined> {
  const found = await lstat(inFolder(folder, name)).catch(noneIf(["ENOENT"]));
  return found?.isFile() ? found.size : undefined;
}

/**
 * Every area below `root`, one after another and from handle to handle: nothing that is a link is walked, and what is
 * held in memory does not grow with what is stored. Rejects with the file system's error.
 */
export async function* storedAreas(root: string): AsyncGenerator<StoredArea> {
  const folder = await openFolder(root).catch(noneIf(["ENOENT"]));
  if (folder === undefined) return;
  try {
    for await (const [program, ofProgram] of subfolders(folder)) {
      for await (const [user, ofUser] of subfolders(ofProgram)) {
        for await (const [area, ofArea] of subfolders(ofUser)) {
          yield { folders: [program, user, area], files: () => regularFiles(ofArea) };
        }
      }
    }
  } finally {
    await folder.close();
  }
}

/** Each regular file in a folder, hidden ones among them. */
export async function* regularFiles(folder: FileHandle): AsyncGenerator<StoredFile> {
  for await (const { name } of await opendir(inFolder(folder, "."))) {
    const sizeBytes = await sizeOfFile(folder, name);
    if (sizeBytes !== undefined) yield { name, sizeBytes };
  }
}

async function* subfolders(folder: FileHandle): AsyncGenerator<[string, FileHandle]> {
  for await (const { name } of await opendir(inFolder(folder, "."))) {
    // gone meanwhile, a file, or a link
    const found = await openFolder(inFolder(folder, name)).catch(noneIf(["ENOENT", "ENOTDIR", "ELOOP"]));
    if (found === undefined) continue;
    try {
      yield [name, found];
    } finally {
      await found.close();
    }
  }
}

/** Takes an error of one of these codes for the answer that there is none. */
export function noneIf(codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Error && "code" in error && codes.includes(String(error.code))) return undefined;
    throw error;
  };
}
