import type { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import * as schema from "../schema";
import type { Database } from "../store";

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

/** Opens a connection to Postgres of its own, which is never renewed while it is in use. */
export function openPostgresConnection(url: string): Connection & { close(): Promise<void> } {
  const client = postgres(url, { max: 1, max_lifetime: null, idle_timeout: 0, onnotice: () => undefined });
  return {
    kind: "postgres",
    query: async <Row>(statement: string, values: readonly (string | null)[] = []) => [
      ...((await client.unsafe(statement, [...values])) as unknown as Row[]),
    ],
    db: drizzlePostgres(client, { schema }),
    close: () => client.end({ timeout: 5 }),
  };
}
