import { backupFault } from "../backup-fault";
import { readMigrations } from "../migrate";
import { type BackupFile, type BackupHeader, charactersOf } from "./backup-format";
import type { BackupFs } from "./backup-fs";
import { countMigrations } from "./load-backup";
import { readBackup } from "./read-backup";
import type { Passphrase } from "./sealed-chunks";

/**
 * Reads a backup to its end before anything is made from it. Raises a fault where it is not whole, of a schema that this
 * program does not know, or has a row that is too large for where it is to go.
 */
export async function surveyBackup(of: {
  fs: BackupFs;
  file: string;
  passphrase: Passphrase;
  migrationsFolder: string;
  rowCharactersMax?: number;
}): Promise<{ header: BackupHeader; files: BackupFile[] }> {
  const { fs, file: path, passphrase, migrationsFolder, rowCharactersMax = Number.POSITIVE_INFINITY } = of;
  let header: BackupHeader | null = null;
  const files: BackupFile[] = [];
  let table = "";
  for await (const part of readBackup(fs.stream(path), passphrase, path)) {
    if (part.kind === "header") {
      header = part.header;
      countMigrations(header, readMigrations(migrationsFolder), path);
    }
    if (part.kind === "file") files.push(part.file);
    if (part.kind === "table") table = part.table.table;
    if (part.kind !== "row" || charactersOf(part.row) <= rowCharactersMax) continue;
    const megabytes = Math.round(charactersOf(part.row) / 1_000_000);
    throw backupFault("row-too-large-here", { path, found: `${table}: a row of ${megabytes} MB` });
  }
  if (header === null) throw backupFault("damaged", { path });
  return { header, files };
}
