import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@/lib/platform/errors";
import { acquireLock, type HeldLock } from "../lock/acquire-lock";
import { readDoubt } from "../pglite/doubt";
import { findDatabase, type OpenedDatabase } from "../pglite/find-database";
import { finishRestore, RESTORED } from "../pglite/finish-restore";
import { syncTree } from "../pglite/sync-tree";
import { DATABASE_FAULTS } from "../pglite/verdict";
import { storeFault } from "../store-fault";
import { requireOwnDatabase } from "../take-data-folder";
import { type Connection, pgliteConnection } from "./connection";

/**
 * Reads an embedded store as it is, neither migrated nor compared with its journal. Raises `unavailable` while a process
 * has the folder open, where the database cannot be read, and where the machine went down while it was open: its rows are
 * made good by a start.
 */
export async function withStoppedStore<T>(
  dataDir: string,
  work: (connection: Connection) => Promise<T>,
  bootId?: string | null,
): Promise<T> {
  const folder = join(dataDir, "store");
  // Before the lock, which would make a folder where a name was mistyped.
  if (!existsSync(folder) && !existsSync(join(dataDir, RESTORED))) {
    throw storeFault("database-missing", { dataDir, found: "store/ holds no database", isUnchanged: true });
  }
  requireOwnDatabase(dataDir);
  const lock = await acquireLock(join(dataDir, "lock"), bootId);
  try {
    await finishRestore(dataDir);
    await refuseDoubtful(lock);
    const { client, undo } = await openDatabase(folder, dataDir);
    try {
      return await work(pgliteConnection(client));
    } finally {
      await undo();
      await syncTree(folder);
    }
  } finally {
    await lock.release();
  }

  async function refuseDoubtful({ previous }: HeldLock): Promise<void> {
    const doubt = readDoubt(join(dataDir, "lock"));
    if (previous === "machine-died") await doubt.begin();
    if (!doubt.is) return;
    throw new AppError(
      "unavailable",
      "The machine went down while the store was open, and its rows may lack what was committed last; the journal has it.\nStart the server once and stop it again: that makes the rows good. Then back up.",
    );
  }
}

async function openDatabase(folder: string, dataDir: string): Promise<OpenedDatabase> {
  const found = await findDatabase(folder);
  if (found.state === "opened") return found.database;
  throw storeFault(DATABASE_FAULTS[found.state], {
    dataDir,
    found: found.state === "absent" ? "store/ is not there" : found.found,
    isUnchanged: found.state !== "unreadable" || found.isUnchanged,
  });
}
