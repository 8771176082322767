import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncPath } from "./sync-tree";

/** Whether the database may have lost what was not synced. */
export type Doubt = { readonly is: boolean; begin(): Promise<void>; end(): Promise<void> };

/**
 * The doubt is kept as a file until rows and journal agree again, so that an opener that is killed in between does not
 * pass it for settled. It lies with the lock; beside it, where earlier versions had it, it counts too.
 */
export function readDoubt(lockFolder: string): Doubt {
  const marker = join(lockFolder, "doubtful");
  const earlier = join(dirname(lockFolder), "doubtful");
  return {
    get is() {
      return existsSync(marker) || existsSync(earlier);
    },
    async begin() {
      if (existsSync(marker)) return;
      writeFileSync(marker, "", { mode: 0o600, flush: true });
      await syncPath(lockFolder);
    },
    async end() {
      rmSync(marker, { force: true });
      rmSync(earlier, { force: true });
      await syncPath(lockFolder);
      await syncPath(dirname(lockFolder));
    },
  };
}
