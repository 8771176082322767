import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import type { Store } from "../store";
import { createPgliteStore } from "./create-pglite-store";

export type PgliteOptions = { migrationsFolder: string; clock: Clock; logger: Logger; seed?: Blob };

/** A store that ends with the process: no lock, no journal. */
export async function openPgliteInMemory(options: PgliteOptions): Promise<Store> {
  const client = await PGlite.create(options.seed === undefined ? {} : { loadDataDir: options.seed });
  await migrate(drizzle(client), { migrationsFolder: options.migrationsFolder });
  return createPgliteStore({ client, logger: options.logger, createLog: () => null });
}

export async function openPglite(options: PgliteOptions & { dataDir: string }): Promise<Store> {
  const seed = options.seed === undefined ? {} : { loadDataDir: options.seed };
  const client = await PGlite.create(`${options.dataDir}/store`, seed);
  await migrate(drizzle(client), { migrationsFolder: options.migrationsFolder });
  return createPgliteStore({ client, logger: options.logger, createLog: () => null });
}
