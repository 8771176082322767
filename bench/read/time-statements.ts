import type { Database, Store } from "../../db/store";

type PreparedQuery = { execute(...values: unknown[]): Promise<unknown> };
type Session = { prepareQuery(query: { sql: string }, ...parts: unknown[]): PreparedQuery };

export type Statement = { ms: number; sql: string };

/** Tells of each statement that is asked outside a transaction how long it took, from the question to its rows as values. */
export function timeStatements({ db }: Store, took: (statement: Statement) => void): void {
  const { session } = db as Database as unknown as { session: Session };
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (query, ...parts) => {
    const prepared = prepareQuery(query, ...parts);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (...values) => {
      const from = performance.now();
      try {
        return await execute(...values);
      } finally {
        took({ ms: performance.now() - from, sql: query.sql });
      }
    };
    return prepared;
  };
}
