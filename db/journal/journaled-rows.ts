import { setImmediate as turn } from "node:timers/promises";
import type { JournalFs } from "./journal-fs";
import { readJournal } from "./read-journal";

/** Records that are looked at in one turn of the event loop. */
const RECORDS_A_TURN = 16;

/**
 * Every row of a table that a journal has, as it was put, also of those that were deleted since; oldest first. Nothing where
 * there is no journal. It lets others go on between records; of a journal that begins again meanwhile it may raise.
 */
export async function* journaledRows(
  fs: JournalFs,
  folder: string,
  relation: string,
): AsyncGenerator<Record<string, unknown>> {
  let records = 0;
  for await (const { entry } of readJournal(fs, folder, 0)) {
    for (const change of entry.changes) if (change.op === "put" && change.relation === relation) yield change.row;
    records += 1;
    if (records % RECORDS_A_TURN === 0) await turn();
  }
}
