import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { wordsOf } from "../store-fault";
import { type FoundRows, readFoundRows } from "./stored-records";
import { UndoableFs } from "./undoable-fs";

/** The major version of Postgres that the PGlite of this program is. */
export const PGLITE_MAJOR = "18";

export type OpenedDatabase = {
  client: PGlite;
  rows: FoundRows;
  /** From here on it stays as it is, whatever happens. */
  keep(): void;
  /** Closes it and puts the folder back as it was found. Answers false when more was written than is remembered. */
  undo(): Promise<boolean>;
};

export type FoundDatabase =
  | { state: "absent" }
  | { state: "unfinished" | "other-version"; found: string }
  | { state: "unreadable"; found: string; isFull: boolean; isUnchanged: boolean }
  | { state: "opened"; database: OpenedDatabase };

/**
 * Opens the database folder if there is one, so that all that is written can be taken back. One that does not open is
 * left byte for byte as it was found. Raises what the system says when the folder may not be read or written.
 */
export async function findDatabase(folder: string): Promise<FoundDatabase> {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return { state: "absent" };
  accessSync(folder, constants.R_OK | constants.W_OK);
  const versionFile = join(folder, "PG_VERSION");
  // Without its version file PGlite would make a new database over what is left of the old one.
  if (!existsSync(versionFile)) return { state: "unfinished", found: "store/ has no PG_VERSION" };
  const version = readFileSync(versionFile, "utf8").trim();
  // An empty or garbled file is damage; another number is another program's database.
  if (/^\d+$/.test(version) && version !== PGLITE_MAJOR) {
    return { state: "other-version", found: `it was made by Postgres ${version}, this program brings ${PGLITE_MAJOR}` };
  }
  // It may be a link to another disk, which PGlite's file system does not follow.
  const fs = new UndoableFs(realpathSync(folder));
  let client: PGlite | undefined;
  const undo = async () => {
    // What it says while it closes is no news: it is put back as it was.
    await client?.close().catch(() => undefined);
    return fs.undo();
  };
  try {
    client = await PGlite.create({ fs });
    const rows = await readFoundRows(client);
    return { state: "opened", database: { client, rows, keep: () => fs.keep(), undo } };
  } catch (error) {
    const found = fs.lastWords ?? wordsOf(error);
    return { state: "unreadable", found, isFull: /no space left/i.test(found), isUnchanged: await undo() };
  }
}
