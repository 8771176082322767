import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { backupFault } from "../backup-fault";
import { CREDENTIALS_FILE } from "../journal/credentials-file";
import { syncPath } from "./sync-tree";

/** A restore's work while it is not whole; nobody but the next restore looks at it, and removes it. */
export const RESTORING = "restoring";
/** The same once it is whole: what lies in it is moved to where it belongs, by the restore or by the next opener. */
export const RESTORED = "restored";

/** What makes a store of a data folder, beside its keys; the database comes last. */
const PARTS = [CREDENTIALS_FILE, "journal", "store"] as const;

/** An empty folder is nothing. */
const isThere = (path: string) => existsSync(path) && !(statSync(path).isDirectory() && readdirSync(path).length === 0);

/** The first part of a store that lies in a data folder; null where there is none. */
export function findStorePart(dataDir: string): string | null {
  return PARTS.map((name) => join(dataDir, name)).find(isThere) ?? null;
}

/** Moves files one by one, by their names, to where others may lie already. */
async function moveFiles(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(from).sort()) renameSync(join(from, name), join(to, name));
  await syncPath(to);
}

/**
 * Moves what a restore has made whole to its place. A restore that was killed at this is finished by whoever opens the
 * folder next; the caller holds the folder's lock. Answers whether there was anything. Raises a fault where something
 * else is in the way.
 */
export async function finishRestore(dataDir: string): Promise<boolean> {
  const from = join(dataDir, RESTORED);
  if (!existsSync(from)) return false;
  // The keyset's copy comes first of the keys' names: keys without it would pass for those of a first start.
  for (const folder of ["bundles", "keys"]) await moveFiles(join(from, folder), join(dataDir, folder));
  for (const name of PARTS.filter((part) => existsSync(join(from, part)))) {
    const to = join(dataDir, name);
    if (isThere(to)) throw backupFault("two-stores", { path: to });
    renameSync(join(from, name), to);
  }
  await syncPath(dataDir);
  rmSync(from, { recursive: true });
  await syncPath(dataDir);
  return true;
}
