import { basename, dirname } from "node:path";
import { backupFault } from "../backup-fault";
import { RowTooLarge } from "../row-too-large";
import { type BackupCounts, type BackupHeader, noCounts } from "./backup-format";
import type { BackupFs } from "./backup-fs";
import { readBackup } from "./read-backup";
import { type Passphrase, sealChunks } from "./sealed-chunks";
import { type BackupInput, writeBackup } from "./write-backup";

export type BackupSummary = { header: BackupHeader; counts: BackupCounts; sizeBytes: number };

/** Reads a backup's file to its end and says what it holds. Raises a fault where it is not whole. */
export async function verifyBackup(fs: BackupFs, path: string, passphrase: Passphrase): Promise<BackupSummary> {
  let header: BackupHeader | null = null;
  const counts = noCounts();
  let sizeBytes = 0;
  let table = "";
  async function* measured() {
    for await (const piece of fs.stream(path)) {
      sizeBytes += piece.length;
      yield piece;
    }
  }
  for await (const part of readBackup(measured(), passphrase, path)) {
    if (part.kind === "header") header = part.header;
    if (part.kind === "file") counts.files += 1;
    if (part.kind === "table") {
      table = part.table.table;
      counts.tables[table] = 0;
    }
    if (part.kind === "bundle") counts.bundles += 1;
    if (part.kind === "lacking") counts.lacking.push(...part.sha256);
    if (part.kind === "row") counts.tables[table] = (counts.tables[table] ?? 0) + 1;
  }
  if (header === null) throw backupFault("damaged", { path });
  return { header, counts, sizeBytes };
}

/**
 * Writes a backup so that a file of this name is a whole one: under a temporary name, synced, read back to its end, then
 * renamed. Never writes over a file. Raises what the file system raises; then nothing is left behind.
 */
export async function saveBackup(
  fs: BackupFs,
  path: string,
  input: BackupInput,
  passphrase: Passphrase,
  cost?: number,
): Promise<BackupSummary> {
  const folder = dirname(path);
  const isThere = async (name: string) => (await fs.list(folder)).includes(name);
  if (await isThere(basename(path))) throw backupFault("file-there", { path });
  const part = `${path}.part`;
  // Left by a writer that was killed; nothing reads it.
  if (await isThere(basename(part))) await fs.remove(part);
  try {
    const file = await fs.create(part);
    try {
      for await (const piece of sealChunks(writeBackup(input), passphrase, cost)) await file.write(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    const summary = await verifyBackup(fs, part, passphrase);
    if (await isThere(basename(path))) throw backupFault("file-there", { path });
    await fs.rename(part, path);
    await fs.syncFolder(folder);
    return summary;
  } catch (error) {
    // The failure that is raised says why; what stays of the part is removed by the next writer.
    await fs.remove(part).catch(() => undefined);
    if (error instanceof RowTooLarge)
      throw backupFault("row-not-backed-up", { path, found: error.message, cause: error });
    throw error;
  }
}
