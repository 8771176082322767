import {
  createTableRelationsHelpers,
  type ExtractTablesWithRelations,
  extractTablesRelationalConfig,
} from "drizzle-orm";
import { type NodePgClient, NodePgSession, NodePgTransaction } from "drizzle-orm/node-postgres";
import { PgDialect } from "drizzle-orm/pg-core";
import * as schema from "../schema";
import type { Database } from "../store";
import type { Queryable } from "./connect";

const dialect = new PgDialect();
const { tables, tableNamesMap } = extractTablesRelationalConfig<ExtractTablesWithRelations<typeof schema>>(
  schema,
  createTableRelationsHelpers,
);
const relational = { fullSchema: schema, schema: tables, tableNamesMap };

/** Our schema over whatever runs statements. Quick enough to be made anew for each transaction. */
export function databaseOn(queryable: Queryable): Database {
  // Of a client, drizzle's session uses `query` alone.
  const session = new NodePgSession(queryable as unknown as NodePgClient, dialect, relational);
  return new NodePgTransaction(dialect, session, relational);
}
