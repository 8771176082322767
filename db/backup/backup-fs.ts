import { createReadStream } from "node:fs";
import { rename } from "node:fs/promises";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";

/** What backups need of a file system; tests let any of its operations fail. */
export type BackupFs = Omit<JournalFs, "read"> & {
  stream(path: string): AsyncIterable<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
};

const { read: _whole, ...shared } = nodeJournalFs;
export const nodeBackupFs: BackupFs = {
  ...shared,
  stream: (path) => createReadStream(path, { highWaterMark: 256 * 1024 }),
  rename,
};
