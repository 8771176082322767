import { join } from "node:path";
import type { Logger } from "@/lib/platform/logger";
import type { SpareBundles } from "../bundles/bundle-files";
import { AUTOMATIC_BACKUP } from "./automatic-backup";
import type { BackupBundle, BackupRow, BackupTable } from "./backup-format";
import type { BackupFs } from "./backup-fs";
import { readBackup } from "./read-backup";

/**
 * Bundles in the backups that starts made before they migrated, from the newest on, until all that are asked for were
 * seen. Whoever takes one verifies it. A backup that cannot be read to its end is told to the logger, and gives what
 * stands before its damage.
 */
export function bundlesInBackups({
  fs,
  dataDir,
  logger,
}: {
  fs: BackupFs;
  dataDir: string;
  logger: Logger;
}): SpareBundles {
  const folder = join(dataDir, "backups");
  return async function* (wanted) {
    const left = new Set(wanted);
    const names = (await fs.list(folder)).filter((name) => AUTOMATIC_BACKUP.test(name));
    for (const name of names.sort().reverse()) {
      const path = join(folder, name);
      let table: BackupTable | null = null;
      try {
        for await (const part of readBackup(fs.stream(path), null, path)) {
          if (left.size === 0) return;
          if (part.kind === "table") table = part.table;
          const bundle =
            part.kind === "bundle"
              ? part.bundle
              : part.kind === "row" && table?.table === "bundles"
                ? bundleOf(table, part.row)
                : null;
          if (bundle !== null && left.delete(bundle.sha256)) yield bundle;
        }
      } catch (error) {
        logger("warn", "backup_not_read", { path, error });
      }
    }
  };
}

/**
 * Bytes as Postgres writes them as text: `\x` and hexadecimal digits. Null where the row has none: then the backup has
 * the bundle beside its tables.
 */
function bundleOf({ columns }: BackupTable, row: BackupRow): BackupBundle | null {
  const cellOf = (column: string) => row[columns.findIndex(({ name }) => name === column)] ?? null;
  if (cellOf("content") === null) return null;
  const textOf = (column: string) => cellOf(column) ?? "";
  const bytesOf = (column: string) => Buffer.from(textOf(column).slice(2), "hex");
  return { sha256: textOf("sha256"), content: bytesOf("content"), signature: bytesOf("signature") };
}
