import { PGlite } from "@electric-sql/pglite";
import { type Connection, openPostgresConnection, pgliteConnection } from "../backup/connection";
import { pgliteSeed } from "./pglite-seed";
import { postgresServer } from "./postgres-server";

export type TestConnection = Connection & { close(): Promise<void> };

/** A database of its own, bare or migrated, in memory or in the Postgres of this test process. Whoever opens it closes it. */
export async function openDatabase(kind: Connection["kind"], state: "bare" | "migrated"): Promise<TestConnection> {
  if (kind === "pglite") {
    const client = await PGlite.create(state === "bare" ? {} : { loadDataDir: await pgliteSeed() });
    return { ...pgliteConnection(client), close: () => client.close() };
  }
  return openPostgresConnection(await (await postgresServer()).createDatabase(state));
}
