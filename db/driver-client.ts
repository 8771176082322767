import type { PGlite } from "@electric-sql/pglite";
import type { Announcement } from "./store";
import type { Statement } from "./store-connection";

type Asked = [sql: string, params?: readonly unknown[], options?: { rowMode?: Statement["rowMode"] }];
/** What is committed together with what was written, and what comes after that. */
type Done = {
  value: unknown;
  announcements: readonly Announcement[];
  /** Who hears how long it had the database. */
  held: readonly ((ms: number) => void)[];
};

/** The part of PGlite that drizzle's driver calls. It wants rows in the way that `Rows` has them, and says so each time. */
export function driverClient(parts: {
  query(statement: Statement): Promise<unknown>;
  transaction?(fn: (client: PGlite) => Promise<Done>): Promise<Done>;
}): PGlite {
  const { transaction } = parts;
  const query = (...[sql, params = [], options]: Asked) =>
    parts.query({ sql, params, rowMode: options?.rowMode ?? "object" });
  // Safe because drizzle calls nothing else of it.
  return { query, ...(transaction === undefined ? {} : { transaction }) } as unknown as PGlite;
}
