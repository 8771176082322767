import { existsSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@/lib/platform/logger";
import type { JournalFs } from "../journal/journal-fs";
import type { Doubt } from "./doubt";
import type { OpenedDatabase } from "./find-database";

export type RememberedSegments = { undo(): Promise<void> };

/** Notes the segments that there are; `undo` removes what came since. */
export async function rememberSegments(fs: JournalFs, folder: string): Promise<RememberedSegments> {
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
  segments: RememberedSegments;
  database: OpenedDatabase;
  logger: Logger;
}): Promise<boolean> {
  const { doubt, segments, database, logger } = of;
  const wasDoubtful = doubt.is;
  try {
    // Whoever is killed while files are put back leaves them half.
    await doubt.begin();
    await segments.undo();
  } catch (error) {
    // Records that stay are of the rows that the database stores beside them, or are passed over as unfinished.
    logger("error", "journal_not_put_back", { error });
    await database.undo();
    return false;
  }
  if (!(await database.undo())) return false;
  if (!wasDoubtful) await doubt.end();
  return true;
}
