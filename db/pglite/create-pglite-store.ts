import { createStore } from "../create-store";
import type { BundleFiles, Store } from "../store";
import { createPgliteConnection, type PgliteParts } from "./create-pglite-connection";

export type PgliteStoreParts = PgliteParts & { bundleFiles: BundleFiles | null };

/** A store over a database in this thread. */
export function createPgliteStore(parts: PgliteStoreParts): Store {
  return createStore(createPgliteConnection(parts), { bundleFiles: parts.bundleFiles });
}
