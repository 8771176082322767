import type { TransferListItem } from "node:worker_threads";
import { NOTHING_FOUND, type Recovery } from "@/db/recovery";
import { openStoreInWorker } from "@/db/worker/open-store-in-worker";
import type { ThreadName } from "@/lib/domain/readiness-names";
import { systemClock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { readVersion } from "../project-root";
import type { StoreHandle } from "./thread-store";

/** A thread's way to the store, and what of it is handed over. */
export type StoreConnection = { handle: StoreHandle; transfer: TransferListItem[] };

/** Where the threads of a process get their way to the store from; each start of a thread takes one of its own. */
export type StoreSource = {
  connect(thread: ThreadName): StoreConnection;
  /** What was found and done when the store was opened here. */
  recovery: Recovery;
  /** To be called when every thread has let go of it. */
  close(): Promise<void>;
  /** The same, and ends what it is at where that does not end soon; nothing that was acknowledged is lost. */
  cut(): Promise<void>;
};

/** Connections of all threads of a process, where nobody says how many. */
const CONNECTIONS = 16;
/** One that a page may hold, one more for whoever is recognised, and one that only a decision takes. */
const CONNECTIONS_MIN = 3;

/** Postgres, by connections of each thread's own: its part of those that the process may open. One more of each listens. */
export function postgresSource(
  url: string,
  parts: Readonly<Partial<Record<ThreadName, number>>>,
  connectionsMax: number = CONNECTIONS,
): StoreSource {
  const whole = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const ofThread = (thread: ThreadName) =>
    Math.max(CONNECTIONS_MIN, Math.floor((connectionsMax * (parts[thread] ?? 0)) / whole));
  return {
    connect: (thread) => ({ handle: { kind: "postgres", url, connectionsMax: ofThread(thread) }, transfer: [] }),
    recovery: NOTHING_FOUND,
    async close() {},
    async cut() {},
  };
}

/** The embedded store, opened in a thread of its own. Raises what opening it raises. */
export async function embeddedSource(
  folders: { dataDir: string; bundlesDir: string },
  logger: Logger,
): Promise<StoreSource> {
  const { store, recovery, connect, cut } = await openStoreInWorker({
    location: { kind: "pglite", ...folders },
    clock: systemClock,
    logger,
    program: readVersion(),
  });
  return {
    connect() {
      const port = connect();
      return { handle: { kind: "pglite", port }, transfer: [port] };
    },
    recovery,
    close: () => store.close(),
    cut,
  };
}
