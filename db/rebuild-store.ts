import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { acquireLock } from "./lock/acquire-lock";
import { findMigrationsFolder } from "./migrate";
import { openPglite } from "./pglite/open-pglite";
import { setAsidePath } from "./pglite/reconcile";
import type { Recovery } from "./recovery";

/** What is believed: the journal (the database is made anew) or the rows (a new journal begins with them). */
export type RebuildSource = "journal" | "rows";
export type RebuildOptions = { dataDir: string; from: RebuildSource; clock?: Clock; logger?: Logger };

/**
 * Makes one half of an embedded store anew from the other, with its owner's consent; what is replaced is renamed and
 * kept, never deleted. The store is closed when this resolves; whoever asked for it puts the answer into the log of the
 * next opening (`auditRecovery`). Raises `unavailable`, and changes nothing, while a process has the folder open and
 * where the source cannot be read.
 */
export async function rebuildStore(options: RebuildOptions): Promise<Recovery> {
  const { dataDir, from, clock = systemClock, logger = stderrLogger } = options;
  const lock = await acquireLock(join(dataDir, "lock"));
  const replaced = join(dataDir, from === "journal" ? "store" : "journal");
  const setAside: Recovery["setAside"] = [];
  if (existsSync(replaced)) {
    const path = setAsidePath(replaced, clock);
    renameSync(replaced, path);
    setAside.push({ path, reason: `it was made anew from the ${from}` });
  }
  await lock.release();
  const { store, recovery } = await openPglite({ dataDir, clock, logger, migrationsFolder: findMigrationsFolder() });
  await store.close();
  return { ...recovery, setAside: [...setAside, ...recovery.setAside] };
}
