import type { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { createAnnouncer, LOOK_AGAIN } from "../announcements";
import * as schema from "../schema";
import type { Announcement, Database, Store } from "../store";
import { storeFailure } from "../store-failure";
import { createTransactionScope } from "../transaction-scope";

/** What makes commits durable beside the database; memory has none. */
export type CommitLog = {
  /**
   * Inside the transaction, last of all: turns what it wrote into a record. Answers null when nothing was journaled.
   * From here until `settle` or `cancel`, whatever is read waits.
   */
  seal(db: Database): Promise<SealedRecord | null>;
  /** The transaction did not commit. */
  cancel(record: SealedRecord): void;
  /** The transaction committed: appends and syncs. Raises `unavailable` when it cannot. */
  append(record: SealedRecord): Promise<void>;
  /**
   * Resolves when everything committed so far is on disk, so that nothing is answered that power loss could take back.
   * Raises `unavailable` while the journal is behind; each call tries to bring it up.
   */
  settled(): Promise<void>;
};
export type SealedRecord = { sequence: number; sha256: string; line: string };

export type PgliteStoreParts = {
  client: PGlite;
  logger: Logger;
  /** Built with the function that tells everyone to look again: called after the journal caught up late. */
  createLog: (lookAgain: () => void) => CommitLog | null;
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
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

  async function transact<T>(fn: Parameters<Store["transaction"]>[0]): Promise<T> {
    await log?.settled();
    const announcements: Announcement[] = [];
    let sealed: SealedRecord | null = null;
    let result: T;
    try {
      result = await writer.transaction(async (db) => {
        const value = await fn({
          db,
          announce: (announcement) => announcements.push(announcement),
          journal: () => undefined,
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
    announcer.tell(announcements);
    return result;
  }

  return {
    kind: "pglite",
    db: drizzle(reader, { schema }),
    async transaction(fn) {
      refuseClosed();
      const work = scope.run(() => transact<Awaited<ReturnType<typeof fn>>>(fn));
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    },
    subscribe: announcer.subscribe,
    close() {
      closing ??= (async () => {
        await Promise.allSettled(running);
        try {
          await client.close();
        } finally {
          await parts.onClosed?.();
        }
      })();
      return closing;
    },
  };
}
