import type { MessagePort } from "node:worker_threads";
import { openStore } from "@/db/open-store";
import type { Store } from "@/db/store";
import { createStoreClient } from "@/db/worker/store-client";
import { systemClock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";

/** How a thread reaches the store of its process: by connections of its own, or by a port to the embedded store's thread. */
export type StoreHandle =
  | { kind: "postgres"; url: string; connectionsMax: number }
  | { kind: "pglite"; port: MessagePort };

/** Opens a thread's own way to the store; it never migrates, and waits until somebody has. */
export async function openThreadStore(
  handle: StoreHandle,
  logger: Logger,
  onSchemaBehind: () => void = () => logger("warn", "thread_waits_for_schema"),
): Promise<Store> {
  if (handle.kind === "pglite") return createStoreClient(handle.port, { logger });
  return (await openStore({ location: { ...handle, onSchemaBehind }, clock: systemClock, logger })).store;
}
