import { drizzle } from "drizzle-orm/pglite";
import { driverClient } from "./driver-client";
import { insideTransaction } from "./inside-transaction";
import { raiseStoreFailures } from "./raise-store-failures";
import * as schema from "./schema";
import type { Announcement, Lane, Store } from "./store";
import type { OpenTransaction, Statement, StoreConnection } from "./store-connection";
import { storeFailure } from "./store-failure";
import { createTransactionScope } from "./transaction-scope";

/** A store over a connection. Its lanes share the connection, and one rule: inside a transaction use `tx.db`. */
export function createStore(connection: StoreConnection): Store {
  const scope = createTransactionScope();
  const lanes = new Map<Lane, Store>();

  function makeLane(lane: Lane): Store {
    const reader = driverClient({
      async query(statement) {
        scope.refuseInside();
        return connection.query(lane, statement);
      },
    });
    const writer = drizzle(
      driverClient({
        query: (statement) => connection.query(lane, statement),
        transaction(inner) {
          const held: ((ms: number) => void)[] = [];
          const run = async (tx: OpenTransaction) => {
            const inside = insideTransaction((statement: Statement) => tx.query(statement));
            try {
              const done = await inner(driverClient({ query: inside.query }));
              for (const announcement of done.announcements) tx.announce(announcement);
              held.push(...done.held);
              return done;
            } finally {
              inside.end();
            }
          };
          return connection.transaction(lane, run, (ms) => {
            for (const listener of held) listener(ms);
          });
        },
      }),
      { schema },
    );
    return {
      in: inLane,
      kind: "pglite",
      db: raiseStoreFailures(drizzle(reader, { schema })),
      async transaction(fn) {
        scope.refuseInside();
        try {
          const { value } = await writer.transaction(async (db) => {
            const announcements: Announcement[] = [];
            const announce = (announcement: Announcement) => announcements.push(announcement);
            const held: ((ms: number) => void)[] = [];
            const onHeld = (listener: (ms: number) => void) => held.push(listener);
            const value = await scope.run(() => fn({ db: raiseStoreFailures(db), announce, onHeld }));
            return { value, announcements, held };
          });
          return value;
        } catch (error) {
          throw storeFailure(error);
        }
      },
      tryJournal: () => connection.tryJournal(),
      tendJournal: () => connection.tendJournal(),
      figures: () => connection.figures(),
      subscribe: (listener) => connection.subscribe(listener),
      close: () => connection.close(),
    };
  }

  function inLane(lane: Lane): Store {
    const made = lanes.get(lane) ?? makeLane(lane);
    lanes.set(lane, made);
    return made;
  }

  return inLane("page");
}
