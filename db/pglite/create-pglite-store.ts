import type { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { AppError, invariant } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { createAnnouncer, LOOK_AGAIN } from "../announcements";
import type { CommitLog } from "../journal/commit-log";
import type { SealedRecord } from "../journal/journal-frame";
import { BASE_BYTES_MAX_WHILE_RUNNING, isLong } from "../journal/journal-length";
import { journaledBytes } from "../journal/write-base";
import { raiseStoreFailures } from "../raise-store-failures";
import * as schema from "../schema";
import type { Announcement, BundleFiles, Store } from "../store";
import { storeFailure } from "../store-failure";
import { createTransactionScope } from "../transaction-scope";

export type PgliteStoreParts = {
  client: PGlite;
  logger: Logger;
  bundleFiles: BundleFiles | null;
  /** Makes the log of commits, given what tells everyone to look again; null for a store that ends with the process. */
  createLog: (lookAgain: () => void) => CommitLog | null;
  /** Runs after the journal began again: reads it back, and lets go of what is before. */
  onBegunAgain?: (begun: { from: number; last: { sequence: number; sha256: string } }) => Promise<void>;
  /** Runs after the database is closed. */
  onClosed?: () => Promise<void>;
};

/** A store in this process. Transactions run one after the other; so do all statements. */
export function createPgliteStore(parts: PgliteStoreParts): Store {
  const { client, logger } = parts;
  const scope = createTransactionScope();
  const announcer = createAnnouncer(logger);
  const log = parts.createLog(() => announcer.tell(LOOK_AGAIN));
  const writer = drizzle(client, { schema });
  let closing: Promise<void> | null = null;
  const running = new Set<Promise<unknown>>();

  function refuseClosed(): void {
    if (closing !== null) throw new AppError("unavailable", "The store is closed.");
  }

  const reader = new Proxy(client, {
    get(target, name) {
      if (name === "query") {
        return async (...args: Parameters<PGlite["query"]>) => {
          scope.refuseInside();
          refuseClosed();
          const answer = await target.query(...args);
          await log?.settled();
          return answer;
        };
      }
      invariant(name !== "transaction", "write through store.transaction, not through store.db");
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

  async function transact<T>(fn: Parameters<Store["transaction"]>[0], announcements: Announcement[]): Promise<T> {
    await log?.settled();
    let sealed: SealedRecord | null = null;
    let result: T;
    try {
      result = await writer.transaction(async (db) => {
        const value = await fn({
          db: raiseStoreFailures(db),
          announce: (announcement) => announcements.push(announcement),
        });
        sealed = (await log?.seal(db)) ?? null;
        return value as T;
      });
    } catch (error) {
      if (sealed !== null) log?.cancel(sealed);
      throw storeFailure(error);
    }
    if (sealed !== null) await log?.append(sealed);
    else await log?.settled();
    return result;
  }

  async function tend(own: CommitLog): Promise<void> {
    const rowBytes = await journaledBytes(client);
    if (rowBytes > BASE_BYTES_MAX_WHILE_RUNNING) {
      const [long, rows] = [own.length.bytesSinceBase, rowBytes].map((bytes) => Math.ceil(bytes / 1024 ** 2));
      throw new AppError(
        "unavailable",
        `The journal has ${long} MiB since its newest base, and the rows have ${rows} MiB, too many to begin it again while the server serves. Restart the server at a quiet hour: the start does it.`,
      );
    }
    const begun = await own.beginAgain();
    if (begun !== null) await parts.onBegunAgain?.(begun);
  }

  const store: Store = {
    // One lane until they are told apart.
    in: () => store,
    kind: "pglite",
    bundleFiles: parts.bundleFiles,
    db: raiseStoreFailures(drizzle(reader, { schema })),
    async transaction(fn) {
      refuseClosed();
      const announcements: Announcement[] = [];
      const work = scope.run(() => transact<Awaited<ReturnType<typeof fn>>>(fn, announcements));
      running.add(work);
      try {
        const result = await work;
        // Outside the transaction's scope: whoever hears it may read the store at once.
        announcer.tell(announcements);
        return result;
      } finally {
        running.delete(work);
      }
    },
    async tryJournal() {
      refuseClosed();
      await log?.tryOut();
    },
    async tendJournal() {
      refuseClosed();
      if (log === null || !isLong(log.length)) return;
      const work = tend(log);
      running.add(work);
      await work.finally(() => running.delete(work));
    },
    subscribe: announcer.subscribe,
    close() {
      closing ??= (async () => {
        await Promise.allSettled(running);
        try {
          await log?.close();
          await client.close();
        } finally {
          await parts.onClosed?.();
        }
      })();
      return closing;
    },
  };
  return store;
}
