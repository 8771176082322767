import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import { createBundleFiles } from "../bundles/bundle-files";
import { nodeBundleFs } from "../bundles/bundle-fs";
import type { BeforeMigration, RunStatement } from "../migrate";
import { storePaths } from "../pglite/store-paths";
import type { BackupFs } from "./backup-fs";
import { readKeyFiles } from "./key-files";
import { saveBackup } from "./save-backup";

const KEPT = 3;
/** What such a backup is called; the newest sorts last. */
export const AUTOMATIC_BACKUP = /^before-migration-.+\.backup$/;
const PART = /^before-migration-.+\.backup\.part$/;

/**
 * Backs an embedded store up before it is migrated, into `DATA/backups`, which is its owner's alone as the store is; not
 * sealed by a passphrase, since nobody is asked for one. The newest three stay; an older one goes only when the new one was
 * read back to its end. Raises `unavailable` where it cannot be written: then nothing is to be migrated.
 */
export function automaticBackup(parts: {
  fs: BackupFs;
  dataDir: string;
  /** Where bundles lie; absent: in the data folder. */
  bundlesDir?: string;
  clock: Clock;
  program: string;
}): BeforeMigration {
  const { fs, dataDir, bundlesDir = storePaths(dataDir).bundles, clock, program } = parts;
  const bundles = createBundleFiles(nodeBundleFs, bundlesDir);
  const folder = join(dataDir, "backups");
  return async ({ from, run }) => {
    if (from === null) return;
    const takenAt = new Date(clock.nowMs()).toISOString();
    const name = `before-migration-${takenAt.replaceAll(":", "-")}.backup`;
    try {
      await fs.makeFolder(folder);
      chmodSync(folder, 0o700);
      const about = { takenAt, cause: "migration", program } as const;
      const connection = { kind: "pglite", query: queryBy(run) } as const;
      await saveBackup(
        fs,
        join(folder, name),
        { connection, files: await readKeyFiles(dataDir), bundles, about },
        null,
      );
      await removeOlder(fs, folder, name);
    } catch (cause) {
      throw new AppError(
        "unavailable",
        `The store has to be migrated, and the backup before it cannot be made in ${folder}; nothing was migrated.\nSee that there is room, and that this folder is its owner's, then start again.`,
        { cause },
      );
    }
  };
}

const queryBy =
  (run: RunStatement) =>
  async <Row>(statement: string): Promise<Row[]> =>
    // Whoever asks knows the columns of the statement; both drivers answer with rows of them.
    (await run(statement)) as Row[];

async function removeOlder(fs: BackupFs, folder: string, newest: string): Promise<void> {
  const names = await fs.list(folder);
  // The new one stays whatever the clock says, so it is not among those that are put in order.
  const older = names.filter((name) => AUTOMATIC_BACKUP.test(name) && name !== newest).sort();
  const parts = names.filter((name) => PART.test(name));
  for (const name of [...older.slice(0, Math.max(0, older.length - (KEPT - 1))), ...parts]) {
    await fs.remove(join(folder, name));
  }
  await fs.syncFolder(folder);
}
