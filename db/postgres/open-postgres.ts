import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Logger } from "@/lib/platform/logger";
import { createAnnouncer, LOOK_AGAIN, splitAnnouncement } from "../announcements";
import { raiseStoreFailures } from "../raise-store-failures";
import * as schema from "../schema";
import type { Announcement, Store } from "../store";
import { storeFailure } from "../store-failure";
import { createTransactionScope } from "../transaction-scope";

const CHANNEL = "bulkhead";
/** Any constant: processes that start at once migrate one after the other. */
const MIGRATION_LOCK = 7_261_004;

export type PostgresOptions = {
  url: string;
  migrationsFolder: string;
  logger: Logger;
  clock: Clock;
  /** Connections for queries; one more listens. */
  connectionsMax?: number;
};

/** Opens Postgres, migrates it and listens. Raises `unavailable` when it cannot be reached. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { logger, url } = options;
  try {
    await migratePostgres(url, options.migrationsFolder);
  } catch (error) {
    throw storeFailure(error);
  }
  const client = postgres(url, { max: options.connectionsMax ?? 10, onnotice: () => undefined });
  const scope = createTransactionScope();
  const announcer = createAnnouncer(logger);
  let isClosed = false;

  let heardBefore = false;
  const listening = client.listen(
    CHANNEL,
    (payload) => announcer.tell([JSON.parse(payload) as Announcement]),
    () => {
      // After a lost connection nobody knows what was said meanwhile.
      if (heardBefore) announcer.tell(LOOK_AGAIN);
      heardBefore = true;
    },
  );
  try {
    await listening;
  } catch (error) {
    await client.end({ timeout: 0 });
    throw storeFailure(error);
  }

  const guarded = new Proxy(client, {
    get(target, name) {
      if (name === "unsafe") scope.refuseInside();
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const writer = drizzle(client, { schema });
  return {
    kind: "postgres",
    db: raiseStoreFailures(drizzle(guarded, { schema })),
    async transaction(fn) {
      if (isClosed) throw new AppError("unavailable", "The store is closed.");
      return scope.run(async () => {
        try {
          return await writer.transaction(async (db) => {
            const announcements: Announcement[] = [];
            const result = await fn({
              db: raiseStoreFailures(db),
              announce: (announcement) => announcements.push(announcement),
            });
            for (const piece of announcements.flatMap(splitAnnouncement)) {
              await db.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(piece)})`);
            }
            return result;
          });
        } catch (error) {
          throw storeFailure(error);
        }
      });
    },
    subscribe: announcer.subscribe,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await client.end({ timeout: 5 });
    },
  };
}

async function migratePostgres(url: string, migrationsFolder: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const db = drizzle(client);
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(db, { migrationsFolder });
  } finally {
    // Ending the only connection lets go of the advisory lock.
    await client.end({ timeout: 5 });
  }
}
