import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { backupFault } from "../backup-fault";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";

/** What backups need of a file system; tests let any of its operations fail. */
export type BackupFs = Omit<JournalFs, "read"> & {
  /** Raises `not-a-backup` for what is not there, and for what is no file. */
  stream(path: string): AsyncIterable<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
};

const { read: _whole, ...shared } = nodeJournalFs;
export const nodeBackupFs: BackupFs = {
  ...shared,
  async *stream(path) {
    const handle = await openFile(path);
    yield* handle.createReadStream({ highWaterMark: 256 * 1024 });
  },
  rename,
};

async function openFile(path: string): Promise<FileHandle> {
  // A pipe that nobody writes to would keep an opener waiting for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw backupFault("not-a-backup", { path, found: "there is no such file" });
    throw error;
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw backupFault("not-a-backup", { path, found: "it is no file" });
}
