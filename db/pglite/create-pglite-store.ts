import { createStore } from "../create-store";
import type { Store } from "../store";
import { createPgliteConnection, type PgliteParts } from "./create-pglite-connection";

/** A store over a database in this thread. */
export function createPgliteStore(parts: PgliteParts): Store {
  return createStore(createPgliteConnection(parts));
}
