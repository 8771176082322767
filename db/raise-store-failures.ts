import type { Database } from "./store";
import { storeFailure } from "./store-failure";

type PreparedQuery = { execute(...values: unknown[]): Promise<unknown> };
type Session = { prepareQuery(...parts: unknown[]): PreparedQuery };

/**
 * Lets reads raise what they mean to their caller: `unavailable` for a store that cannot be used, where drizzle would
 * wrap it in an error of its own. Every statement is prepared by the database's session, which drizzle does not type.
 */
export function raiseStoreFailures<D extends Database>(db: D): D {
  const { session } = db as unknown as { session: Session };
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (...parts) => {
    const prepared = prepareQuery(...parts);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (...values) => {
      try {
        return await execute(...values);
      } catch (error) {
        throw storeFailure(error);
      }
    };
    return prepared;
  };
  return db;
}
