import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";

/** A file that could not be written for want of room: nobody's wrong call, and no fault of ours. */
export class NotWritten extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path} was not written: ${reason}`);
  }
}

const NO_ROOM: Readonly<Record<string, string>> = {
  ENOSPC: "its disk is full",
  EDQUOT: "the quota of its disk is used up",
  EFBIG: "its disk takes no file of that size",
  EIO: "its disk failed",
};

/** A new file, whole or not there; an `EEXIST` where there is one. Raises `NotWritten` where it does not fit. */
export async function writeNew(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const handle = await open(path, "wx", mode);
  await fill(handle, path, path, content);
}

/** A file whole in the place of what was there, or that as it was. Raises `NotWritten` where it does not fit. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    // A pipe or a terminal is written to, and never replaced.
    await fill(await open(path, "w"), path, null, content);
    return;
  }
  const target = there === undefined ? path : await realpath(path);
  const temporary = `${target}.${process.pid}.tmp`;
  await fill(await open(temporary, "w", there?.mode ?? 0o666), path, temporary, content);
  await rename(temporary, target);
}

/** Writes and closes; takes away what is half written. */
async function fill(handle: FileHandle, path: string, made: string | null, content: string | Uint8Array) {
  try {
    await handle.writeFile(content);
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    if (made !== null) await rm(made, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = NO_ROOM[code];
    throw reason === undefined ? error : new NotWritten(path, `${reason} (${code})`);
  }
}
