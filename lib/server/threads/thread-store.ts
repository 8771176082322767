import { openStore } from "@/db/open-store";
import type { Store } from "@/db/store";
import { systemClock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";

/** How a thread reaches the store of its process. */
export type StoreHandle = { kind: "postgres"; url: string; connectionsMax: number };

/** Opens a thread's own way to the store; it never migrates, and waits until somebody has. */
export async function openThreadStore(
  handle: StoreHandle,
  logger: Logger,
  onSchemaBehind: () => void = () => logger("warn", "thread_waits_for_schema"),
): Promise<Store> {
  const { store } = await openStore({
    location: { ...handle, onSchemaBehind },
    clock: systemClock,
    logger,
  });
  return store;
}
