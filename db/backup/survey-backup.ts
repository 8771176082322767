import { backupFault } from "../backup-fault";
import { readMigrations } from "../migrate";
import type { BackupFile, BackupHeader } from "./backup-format";
import type { BackupFs } from "./backup-fs";
import { countMigrations } from "./load-backup";
import { readBackup } from "./read-backup";
import type { Passphrase } from "./sealed-chunks";

/**
 * Reads a backup to its end before anything is made from it. Raises a fault where it is not whole, or of a schema that
 * this program does not know.
 */
export async function surveyBackup(of: {
  fs: BackupFs;
  file: string;
  passphrase: Passphrase;
  migrationsFolder: string;
}): Promise<{ header: BackupHeader; files: BackupFile[] }> {
  const { fs, file: path, passphrase, migrationsFolder } = of;
  let header: BackupHeader | null = null;
  const files: BackupFile[] = [];
  for await (const part of readBackup(fs.stream(path), passphrase, path)) {
    if (part.kind === "header") {
      header = part.header;
      countMigrations(header, readMigrations(migrationsFolder), path);
    }
    if (part.kind === "file") files.push(part.file);
  }
  if (header === null) throw backupFault("damaged", { path });
  return { header, files };
}
