import { type Clock, systemClock } from "@/lib/platform/clock";
import { type Logger, stderrLogger } from "@/lib/platform/logger";
import { type BeforeMigration, findMigrationsFolder } from "./migrate";
import { openPglite, openPgliteInMemory } from "./pglite/open-pglite";
import type { SchemaOptions } from "./postgres/migrate-postgres";
import { openPostgres } from "./postgres/open-postgres";
import { NOTHING_FOUND, type Recovery } from "./recovery";
import type { Store } from "./store";

/** Where the rows lie: a folder of PGlite's with lock and journal, memory that ends with the process, or Postgres. */
export type StoreLocation =
  | { kind: "pglite"; dataDir: string; bundlesDir?: string }
  | { kind: "memory" }
  | ({ kind: "postgres"; url: string; connectionsMax?: number | undefined } & Pick<
      SchemaOptions,
      "isBackupConfirmed" | "onSchemaBehind"
    >);

export type StoreOptions = {
  location: StoreLocation;
  clock?: Clock;
  logger?: Logger;
  /** A PGlite data folder as a tar, loaded where there is none yet: tests start from a migrated one. */
  seed?: Blob;
  /** Called before a store that has rows is migrated: its chance of a backup. */
  beforeMigration?: BeforeMigration;
};

export type OpenedStore = { store: Store; recovery: Recovery };

/**
 * Opens the store that this process serves, migrated. Raises `unavailable` when another process holds the folder, when
 * the database cannot be reached, and when rows and journal cannot be brought to agree.
 */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { location, clock = systemClock, logger = stderrLogger, seed, beforeMigration } = options;
  const common = { clock, logger, migrationsFolder: findMigrationsFolder(), ...(seed === undefined ? {} : { seed }) };
  switch (location.kind) {
    case "postgres":
      return { store: await openPostgres({ ...common, ...location }), recovery: NOTHING_FOUND };
    case "memory":
      return openPgliteInMemory(common);
    case "pglite":
      return openPglite({
        ...common,
        dataDir: location.dataDir,
        ...(location.bundlesDir === undefined ? {} : { bundlesDir: location.bundlesDir }),
        ...(beforeMigration === undefined ? {} : { beforeMigration }),
      });
  }
}
