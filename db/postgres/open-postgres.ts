import { randomUUID } from "node:crypto";
import type { Clock } from "@/lib/platform/clock";
import type { Logger } from "@/lib/platform/logger";
import { systemTimers } from "@/lib/platform/timers";
import { createAnnouncer, LOOK_AGAIN, splitAnnouncement } from "../announcements";
import { raiseStoreFailures } from "../raise-store-failures";
import type { Announcement, Lane, Store } from "../store";
import { storeFailure } from "../store-failure";
import { createTransactionScope } from "../transaction-scope";
import { LISTENING, WORK } from "./bounds";
import { connectPostgres, type Queryable } from "./connect";
import { databaseOn } from "./database-on";
import { CHANNEL, startListening } from "./listen";
import { ensureSchema, type SchemaOptions } from "./migrate-postgres";
import { createPool } from "./pool";
import { inTransaction } from "./transaction";

export type PostgresOptions = SchemaOptions & {
  logger: Logger;
  /** Connections for queries; one more listens. */
  connectionsMax?: number | undefined;
};

/** Spans of time alone are measured here, so no correction of the machine's clock may change them. */
const monotonic: Clock = { nowMs: () => performance.now() };

const NOTIFY = "select pg_notify($1, $2)";

/** Opens Postgres, sees to its schema and listens. Raises `unavailable` when it cannot be reached, or be migrated. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { logger, url, connectionsMax = 10 } = options;
  await ensureSchema(options);
  const ports = { clock: monotonic, timers: systemTimers, logger };
  const announcer = createAnnouncer(logger);
  const scope = createTransactionScope();
  const pool = createPool({ ...ports, connectionsMax, connect: () => connectPostgres(url, WORK) });

  /** Statements outside of transactions, each on whatever connection is free. */
  const reader = (lane: Lane): Queryable => ({
    async query(statement, values) {
      scope.refuseInside();
      const lease = await pool.take(lane);
      try {
        return await lease.query(statement, values);
      } finally {
        lease.giveBack();
      }
    },
  });
  function hear(payload: string): void {
    try {
      announcer.tell([JSON.parse(payload) as Announcement]);
    } catch (error) {
      // Whoever may use the database may notify.
      logger("warn", "announcement_unreadable", { error });
    }
  }
  const announcing = reader("decide");
  const listening = await startListening({
    ...ports,
    connect: () => connectPostgres(url, LISTENING),
    ownChannel: `bulkhead_beat_${randomUUID()}`,
    async notify(channel, payload) {
      await announcing.query(NOTIFY, [channel, payload]);
    },
    hear,
    missed() {
      // What broke that connection may have broken the others unseen, and whoever looks again must not wait for them.
      pool.renew();
      announcer.tell(LOOK_AGAIN);
    },
  }).catch((error: unknown) => {
    throw storeFailure(error);
  });

  async function transaction<T>(lane: Lane, fn: Parameters<Store["transaction"]>[0]): Promise<T> {
    return scope.run(async () => {
      try {
        const lease = await pool.take(lane);
        const held: ((ms: number) => void)[] = [];
        let begunMs = 0;
        try {
          const value = await inTransaction(lease, async (inside) => {
            begunMs = performance.now();
            const announcements: Announcement[] = [];
            const result = await fn({
              db: raiseStoreFailures(databaseOn(inside)),
              announce: (announcement) => announcements.push(announcement),
              onHeld: (listener) => held.push(listener),
            });
            for (const piece of announcements.flatMap(splitAnnouncement)) {
              await inside.query(NOTIFY, [CHANNEL, JSON.stringify(piece)]);
            }
            return result as T;
          });
          for (const listener of held) listener(performance.now() - begunMs);
          return value;
        } finally {
          lease.giveBack();
        }
      } catch (error) {
        throw storeFailure(error);
      }
    });
  }

  const stores = new Map<Lane, Store>();
  function inLane(lane: Lane): Store {
    const known = stores.get(lane);
    if (known !== undefined) return known;
    const store: Store = {
      in: inLane,
      kind: "postgres",
      db: raiseStoreFailures(databaseOn(reader(lane))),
      transaction: (fn) => transaction(lane, fn),
      async tryJournal() {},
      tendJournal: async () => false,
      async figures() {
        const provenAtMs = listening.provenAtMs();
        const provenMsAgo = provenAtMs === null ? null : Math.round(monotonic.nowMs() - provenAtMs);
        return { ...pool.figures(), takenBack: 0, hearing: { provenMsAgo }, reopened: { times: 0, last: null } };
      },
      subscribe: announcer.subscribe,
      async close() {
        listening.close();
        await pool.close();
      },
    };
    stores.set(lane, store);
    return store;
  }
  return inLane("page");
}
