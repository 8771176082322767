import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { applyMigrations, type Migration } from "../migrate";
import { runIn } from "./migrate-pglite";
import type { StorePaths } from "./store-paths";
import { syncPath, syncTree } from "./sync-tree";

/**
 * Makes a database aside, lets `fill` fill it, syncs it and then gives it its name: whoever is killed meanwhile leaves
 * nothing that looks like a database. `seed` is a migrated one to begin with. Raises what went wrong; then nothing of it
 * is left.
 */
export async function makeDatabase(
  { making, store }: StorePaths,
  of: { migrations: readonly Migration[]; seed?: Blob; fill?: (client: PGlite) => Promise<void> },
  beforeRename: () => void = () => undefined,
): Promise<void> {
  // What an earlier one left that was killed; it never had the name of a store.
  rmSync(making, { recursive: true, force: true });
  try {
    const client = await PGlite.create(making, of.seed === undefined ? {} : { loadDataDir: of.seed });
    try {
      if (of.seed === undefined) await client.transaction((sink) => applyMigrations(runIn(sink), of.migrations));
      await of.fill?.(client);
    } finally {
      await client.close();
    }
    await syncTree(making);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
  beforeRename();
  renameSync(making, store);
  await syncPath(dirname(store));
}
