import { existsSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { AppError } from "@/lib/platform/errors";
import type { BeforeMigration } from "../migrate";
import { announceMigration, migratePglite } from "./migrate-pglite";

/** The major version of Postgres that the PGlite of this program is. */
export const PGLITE_MAJOR = "18";
/** A database that is opened writes its log; with less than this it could not, and would look broken. */
const FREE_BYTES_MIN = 64 * 1024 * 1024;

export type OpenedClient =
  | { state: "opened"; client: PGlite; wasThere: boolean }
  /** There is a database, and it cannot be used. */
  | { state: "broken"; reason: string };

/**
 * Opens the database folder, or makes one where there is none, and migrates it. Raises `unavailable` for what is no
 * damage: a full disk, a folder that may not be written to, a database of another version.
 */
export async function openClient(
  folder: string,
  options: { migrationsFolder: string; seed?: Blob; beforeMigration?: BeforeMigration },
): Promise<OpenedClient> {
  refuseFullDisk(dirname(folder));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const wasThere = names.length > 0;
  const versionFile = join(folder, "PG_VERSION");
  // Without its version file PGlite would make a new database over what is left of the old one.
  if (wasThere && !existsSync(versionFile)) return { state: "broken", reason: "the database was never finished" };
  if (wasThere) refuseOtherVersion(readFileSync(versionFile, "utf8").trim());
  let client: PGlite;
  try {
    client = await PGlite.create(folder, wasThere || options.seed === undefined ? {} : { loadDataDir: options.seed });
  } catch (error) {
    if (!wasThere) throw error;
    return { state: "broken", reason: `the database cannot be started: ${messageOf(error)}` };
  }
  async function fail(error: unknown): Promise<OpenedClient> {
    await client.close().catch(() => undefined);
    if (!wasThere) throw error;
    return { state: "broken", reason: `the database cannot be read: ${messageOf(error)}` };
  }
  try {
    await client.query("select count(*) from pg_catalog.pg_class");
  } catch (error) {
    return fail(error);
  }
  if (wasThere && options.beforeMigration !== undefined) {
    try {
      await announceMigration(client, options.migrationsFolder, options.beforeMigration);
    } catch (error) {
      await client.close();
      throw error;
    }
  }
  try {
    await migratePglite(client, options.migrationsFolder);
  } catch (error) {
    return fail(error);
  }
  return { state: "opened", client, wasThere };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 200);

function refuseOtherVersion(version: string): void {
  // An empty or garbled file is damage; another number is another program's database.
  if (!/^\d+$/.test(version) || version === PGLITE_MAJOR) return;
  throw new AppError(
    "unavailable",
    `The store was made by Postgres ${version}; this program brings ${PGLITE_MAJOR}. Open it with the program that made it.`,
  );
}

function refuseFullDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= FREE_BYTES_MIN) return;
  throw new AppError("unavailable", "The disk with the data folder is full: the store needs 64 MiB to be opened.");
}
