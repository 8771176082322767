import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { AppError } from "@/lib/platform/errors";
import { acquireLock } from "../lock/acquire-lock";
import { syncPath, syncTree } from "../pglite/sync-tree";
import { storeFault } from "../store-fault";
import type { Connection } from "./connection";
import { pgliteConnection } from "./connection";

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
  if (!existsSync(join(folder, "PG_VERSION"))) {
    throw storeFault("database-missing", { dataDir, found: "store/ holds no database" });
  }
  const lock = await acquireLock(join(dataDir, "lock"), bootId);
  try {
    await refuseDoubtful(dataDir, lock.previous === "machine-died");
    const client = await openDatabase(folder, dataDir);
    try {
      return await work(pgliteConnection(client));
    } finally {
      await client.close();
      await syncTree(folder);
    }
  } finally {
    await lock.release();
  }
}

async function refuseDoubtful(dataDir: string, hasDied: boolean): Promise<void> {
  const marker = join(dataDir, "doubtful");
  if (hasDied) {
    writeFileSync(marker, "", { mode: 0o600, flush: true });
    await syncPath(dataDir);
  }
  if (!existsSync(marker)) return;
  throw new AppError(
    "unavailable",
    "The machine went down while the store was open, and its rows may lack what was committed last; the journal has it.\nStart the server once and stop it again: that makes the rows good. Then back up.",
  );
}

async function openDatabase(folder: string, dataDir: string): Promise<PGlite> {
  try {
    return await PGlite.create(folder);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw storeFault("database-unreadable", { dataDir, found, cause });
  }
}
