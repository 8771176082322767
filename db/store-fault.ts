import { AppError } from "@/lib/platform/errors";

/** A command, to be typed as it stands, that goes on where a start refuses. */
const command = (words: string, dataDir: string) => `npm run store -- ${words} --data ${dataDir}`;
const rebuild = (from: "journal" | "rows") => (dataDir: string) => command(`rebuild --from ${from}`, dataDir);
const check = (dataDir: string) => command("check", dataDir);

/**
 * Why a store is not opened, or not in order, a closed list: what stands in the way, and what to do, told with the data
 * folder's path. Nothing was changed when one of these is raised.
 */
export const STORE_FAULTS = {
  "disk-full": {
    what: "the disk is full",
    remedy: () => "Make room on the disk (64 MiB at least), then start again.",
  },
  "folder-not-private": {
    what: "others may enter the data folder, and it is another user's",
    remedy: (dataDir) =>
      `Let its owner run: chmod -R go= ${dataDir} — then start again as that user; or name a folder in it of this user's own: --data ${dataDir}/bulkhead`,
  },
  "other-user": {
    what: "its files are another user's, who could not open it any more beside files of this user",
    remedy: (dataDir) => `Run it as that user, or make all of it this user's: chown -R $(id -u) ${dataDir}`,
  },
  "other-database-version": {
    what: "the database was made by another version of Postgres",
    remedy: () => "Open it with the program that made it.",
  },
  "newer-schema": {
    what: "the store was changed by a newer program",
    remedy: () => "Start that program, or restore a backup that was made before the upgrade.",
  },
  "database-missing": {
    what: "there is a journal and no database",
    remedy: (dataDir) => `Put store/ back, or make it anew from the journal: ${rebuild("journal")(dataDir)}`,
  },
  "database-unfinished": {
    what: "the database was never finished",
    remedy: (dataDir) => `Set it aside and make a new one: ${rebuild("journal")(dataDir)}`,
  },
  "database-unreadable": {
    what: "the database cannot be read",
    remedy: (dataDir) => `Restore a backup, or make it anew from the journal: ${rebuild("journal")(dataDir)}`,
  },
  "table-unreadable": {
    what: "a table beside the journal cannot be read",
    remedy: (dataDir) =>
      `Look closer: ${check(dataDir)} — or make it anew from the journal: ${rebuild("journal")(dataDir)}`,
  },
  "journal-missing": {
    what: "the journal is missing",
    remedy: (dataDir) => `Put journal/ back, or begin another with all rows as they stand: ${rebuild("rows")(dataDir)}`,
  },
  "journal-damaged": {
    what: "the journal is damaged",
    remedy: (dataDir) => `Put journal/ back, or begin another with all rows as they stand: ${rebuild("rows")(dataDir)}`,
  },
  "journal-behind": {
    what: "the journal lacks its last records",
    remedy: (dataDir) => `Put journal/ back, or begin another with all rows as they stand: ${rebuild("rows")(dataDir)}`,
  },
  "journal-foreign": {
    what: "database and journal are not of one store",
    remedy: (dataDir) =>
      `Decide which one to keep. The journal: ${rebuild("journal")(dataDir)} — the rows: ${rebuild("rows")(dataDir)}`,
  },
  "rows-differ": {
    what: "rows and journal do not say the same",
    remedy: (dataDir, tables) =>
      `Decide which to believe. The journal, for what is named alone: ${command(`rebuild ${tables.map((name) => `--table ${name}`).join(" ")}`, dataDir)} — the rows: ${rebuild("rows")(dataDir)}`,
  },
  "bundle-damaged": {
    what: "a bundle that a version needs is not whole",
    remedy: (dataDir) =>
      `Make it whole from what there is of it: ${command("rebuild --bundles", dataDir)} — what stays named is not there any more: put its file back, or let the publisher send the same bytes again.`,
  },
  "both-lost": {
    what: "neither database nor journal can be trusted",
    remedy: (dataDir) =>
      `Restore a backup: mv ${dataDir} ${dataDir}.lost && ${command("restore FILE", dataDir)} — then put what opens the keys back (keys/protection.key).`,
  },
  "row-too-large": {
    what: "a row is too large for the embedded database",
    remedy: (dataDir) =>
      `A Postgres takes it. Back the store up: ${command("backup FILE", dataDir)} — or take the newest backup that there is; then, with DATABASE_URL naming an empty database: ${command("restore FILE", dataDir)}`,
  },
  "migration-failed": {
    what: "the store cannot be brought to this program's schema",
    remedy: () => "Start the program that ran before: it opens this store as it is.",
  },
} as const satisfies Record<string, { what: string; remedy: (dataDir: string, tables: readonly string[]) => string }>;

export type StoreFaultCode = keyof typeof STORE_FAULTS;

/** The refusal to open a store: `unavailable`, its one detail names the fault; `found` is the real cause in words. */
export function storeFault(
  code: StoreFaultCode,
  where: { dataDir: string; found: string; isUnchanged: boolean; cause?: unknown; tables?: readonly string[] },
): AppError {
  const { what, remedy } = STORE_FAULTS[code];
  const { dataDir, found, isUnchanged, cause, tables = [] } = where;
  const state = isUnchanged ? "nothing in it was changed" : "not all that was written to it could be taken back";
  return new AppError(
    "unavailable",
    `The store in ${dataDir} is not opened, and ${state}: ${what} (${found}). Devices go on with the documents that they have.\n${remedy(dataDir, tables)}`,
    { details: [{ path: dataDir, code, message: found }], ...(cause === undefined ? {} : { cause }) },
  );
}

/** What an error says, short enough for a line. */
export function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").slice(0, 300);
}
