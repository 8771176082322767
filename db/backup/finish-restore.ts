import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncPath } from "../pglite/sync-tree";
import { backupFault } from "./backup-fault";

/** A restore's work while it is not whole; nobody but the next restore looks at it, and removes it. */
export const RESTORING = "restoring";
/** The same once it is whole: what lies in it is moved to where it belongs, by the restore or by the next opener. */
export const RESTORED = "restored";

/**
 * Moves what a restore has made whole to its place. A restore that was killed at this is finished by whoever opens the
 * folder next; the caller holds the folder's lock. Answers whether there was anything. Raises a fault where something
 * else is in the way.
 */
export async function finishRestore(dataDir: string): Promise<boolean> {
  const from = join(dataDir, RESTORED);
  if (!existsSync(from)) return false;
  const keys = join(from, "keys");
  if (existsSync(keys)) {
    const to = join(dataDir, "keys");
    mkdirSync(to, { recursive: true, mode: 0o700 });
    // The keyset's copy comes first of these names: keys without it would pass for those of a first start.
    for (const name of readdirSync(keys).sort()) renameSync(join(keys, name), join(to, name));
    await syncPath(to);
  }
  for (const name of ["journal", "store"]) {
    const to = join(dataDir, name);
    if (!existsSync(join(from, name))) continue;
    if (existsSync(to) && readdirSync(to).length > 0) throw backupFault("two-stores", { path: to });
    renameSync(join(from, name), to);
  }
  await syncPath(dataDir);
  rmSync(from, { recursive: true });
  await syncPath(dataDir);
  return true;
}
