import { existsSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@/lib/platform/logger";
import type { JournalFs } from "../journal/journal-fs";
import type { Doubt } from "./doubt";
import type { OpenedDatabase } from "./find-database";

export type Remembered = { undo(): Promise<void> };

/** Notes a small file that is replaced as a whole, by way of `FILE.new`; `undo` puts it back. */
export function rememberFile(path: string): Remembered {
  const aside = `${path}.new`;
  const [before, asideBefore] = [path, aside].map((name) => (existsSync(name) ? readFileSync(name) : null));
  return {
    async undo() {
      if (!before) rmSync(path, { force: true });
      else if (!existsSync(path) || !readFileSync(path).equals(before)) {
        writeFileSync(aside, before, { mode: 0o600, flush: true });
        renameSync(aside, path);
      }
      if (!asideBefore) rmSync(aside, { force: true });
      else writeFileSync(aside, asideBefore);
    },
  };
}

/** Notes the segments that there are; `undo` removes what came since. */
export async function rememberSegments(fs: JournalFs, folder: string): Promise<Remembered> {
  const before = new Set(await fs.list(folder));
  const wasThere = existsSync(folder);
  return {
    async undo() {
      for (const name of await fs.list(folder)) if (!before.has(name)) await fs.remove(join(folder, name));
      if (!wasThere && existsSync(folder)) rmdirSync(folder);
    },
  };
}

/** Takes back what a failed opening wrote. Answers whether all of it is as it was found. */
export async function putBack(of: {
  doubt: Doubt;
  files: readonly Remembered[];
  database: OpenedDatabase;
  logger: Logger;
}): Promise<boolean> {
  const { doubt, files, database, logger } = of;
  const wasDoubtful = doubt.is;
  try {
    // Whoever is killed while files are put back leaves them half.
    await doubt.begin();
    for (const file of files) await file.undo();
  } catch (error) {
    // Records that stay are of the rows that the database stores beside them, or are passed over as unfinished.
    logger("error", "store_not_put_back", { error });
    await database.undo();
    return false;
  }
  if (!(await database.undo())) return false;
  if (!wasDoubtful) await doubt.end();
  return true;
}
