import type { TransferListItem } from "node:worker_threads";
import type { ThreadName } from "@/lib/contracts/readiness";
import type { StoreHandle } from "./thread-store";

/** A thread's way to the store, and what of it is handed over. */
export type StoreConnection = { handle: StoreHandle; transfer: TransferListItem[] };

/** Where the threads of a process get their way to the store from; each start of a thread takes one of its own. */
export type StoreSource = {
  connect(thread: ThreadName): StoreConnection;
  /** To be called when every thread has let go of it. */
  close(): Promise<void>;
};

/** Connections of all threads of a process, where nobody says how many. */
const CONNECTIONS = 16;
const CONNECTIONS_MIN = 2;

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
    async close() {},
  };
}
