import type { Announcement, Lane, StoreFigures } from "./store";

/** One statement, and whether its rows come as lists or as objects by column. */
export type Statement = { sql: string; params: readonly unknown[]; rowMode: "array" | "object" };

/**
 * Rows as the driver of drizzle takes them: instants, dates and intervals, alone and in lists, as the database writes
 * them; everything else as values of JavaScript.
 */
export type Rows = { rows: unknown[] };

/** One transaction that is open. */
export type OpenTransaction = {
  query(statement: Statement): Promise<Rows>;
  announce(announcement: Announcement): void;
};

/**
 * A store as a database connection sees it, in this thread or in another one; `createStore` makes a `Store` of it. It
 * keeps what `Store` promises of commits, lanes, announcements and closing, and raises what the database raised.
 */
export type StoreConnection = {
  query(lane: Lane, statement: Statement): Promise<Rows>;
  /**
   * Commits what `fn` wrote, unless it rejects. `fn` may be called before its turn has come: what it asks waits for that.
   * Once it is committed `onHeld` hears how long it had the database, in milliseconds.
   */
  transaction<T>(lane: Lane, fn: (tx: OpenTransaction) => Promise<T>, onHeld?: (ms: number) => void): Promise<T>;
  tryJournal(): Promise<void>;
  tendJournal(): Promise<boolean>;
  figures(): Promise<StoreFigures>;
  subscribe(listener: (announcement: Announcement) => void): () => void;
  close(): Promise<void>;
};
