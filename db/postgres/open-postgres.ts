import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
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
import { ensureSchema, type SchemaOptions } from "./migrate-postgres";

const CHANNEL = "bulkhead";

export type PostgresOptions = SchemaOptions & {
  logger: Logger;
  clock: Clock;
  /** Connections for queries; one more listens. */
  connectionsMax?: number;
};

/** Opens Postgres, sees to its schema and listens. Raises `unavailable` when it cannot be reached, or be migrated. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { logger, url } = options;
  await ensureSchema(options);
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
  const store: Store = {
    // One lane until they are told apart.
    in: () => store,
    kind: "postgres",
    bundleFiles: null,
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
    async tryJournal() {},
    async tendJournal() {},
    subscribe: announcer.subscribe,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await client.end({ timeout: 5 });
    },
  };
  return store;
}
