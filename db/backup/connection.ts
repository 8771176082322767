import type { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { LONG_WORK } from "../postgres/bounds";
import { connectPostgres } from "../postgres/connect";
import { databaseOn } from "../postgres/database-on";
import * as schema from "../schema";
import type { Database } from "../store";
import { storeFailure } from "../store-failure";

/**
 * One connection to a database in whatever schema: statements run on it one after the other, so `begin` and `commit`
 * bound what is between them. Whoever asks answers for the shape of the rows.
 */
export type Source = { kind: "pglite" | "postgres"; query<Row>(statement: string): Promise<Row[]> };

/** A source that is also written to. Values are sent as text. */
export type Connection = Source & {
  query<Row>(statement: string, values?: readonly (string | null)[]): Promise<Row[]>;
  /** The same connection for those who write by our schema; what they write is in the open transaction. */
  db: Database;
};

export function pgliteConnection(client: PGlite): Connection {
  return {
    kind: "pglite",
    query: async <Row>(statement: string, values: readonly (string | null)[] = []) =>
      (await client.query<Row>(statement, [...values])).rows,
    db: drizzlePglite(client, { schema }),
  };
}

/** Opens a connection to Postgres of its own, for work that may be long. Raises what connecting raises. */
export async function openPostgresConnection(url: string): Promise<Connection & { close(): Promise<void> }> {
  const connection = await connectPostgres(url, LONG_WORK);
  return {
    kind: "postgres",
    query: async <Row>(statement: string, values: readonly (string | null)[] = []) =>
      (await connection.query(statement, values)).rows as Row[],
    db: databaseOn(connection),
    close: () => connection.close(),
  };
}

/** Does long work on a connection to Postgres of its own. Raises `unavailable` where it is not reached. */
export async function withPostgresConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    const connection = await openPostgresConnection(url);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw storeFailure(error);
  }
}
