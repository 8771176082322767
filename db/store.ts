import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type * as schema from "./schema";

/** What reads and writes go through; the same type on PGlite and on Postgres. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** What somebody may look at while it is live. */
export type Watched = { appId: string } | { deviceId: string };

/**
 * When devices are told of documents that may wait: those that somebody waits for `soon`, those that were only signed
 * again in a `calm` way. What takes anything away has no pace: it is told at once.
 */
export type Pace = "soon" | "calm";

/**
 * What may be announced after a commit. Every process that serves the store hears it (spec §4, §7). An empty list of
 * documents or app ids says "look at all of them again": something was announced while nobody could hear it.
 */
export type Announcement =
  | {
      topic: "documents";
      documents: { kind: "platform" | "program" | "keyset"; appId: string | null; epoch: number; revision: number }[];
      pace?: Pace;
    }
  | { topic: "telemetry" | "denials"; appIds: string[] }
  /** Said to hear whether one hears; of interest to whoever said it. */
  | { topic: "probe"; id: string }
  /** Somebody looks at a program or a device for the next 30 s: its devices are asked to report now. */
  | { topic: "watch"; watched: Watched }
  /** How often devices report while the load of this process asks for it; null once it no longer does. */
  | { topic: "reporting"; from: string; everySeconds: number | null }
  | { topic: "devices"; deviceId: string | null; revoked: boolean }
  | { topic: "change-sets" | "programs" | "publishers" | "people" | "audit" | "sessions" };

/**
 * One transaction. What it announces is told after commit, and after the journal is on disk. There is nothing to call
 * for the journal: the store itself captures every row written to a journaled table (`db/journal/journaled-tables.ts`).
 */
export type Transaction = {
  db: Database;
  announce(announcement: Announcement): void;
  /** Calls once it is committed, with how long it had the database, without what it waited for it: milliseconds. */
  onHeld(listener: (ms: number) => void): void;
};

/**
 * What work waits for, most urgent first: decisions and what answers them, who may enter, what people look at, what
 * devices report, what the process does by itself. A decision never waits for queued work of another lane; of the others
 * a later one has a small share while earlier ones are full. A lane that is full refuses with `unavailable`.
 */
export const LANES = ["decide", "sign-in", "page", "ingest", "tend"] as const;
export type Lane = (typeof LANES)[number];

/** How it goes, since the store was opened by this process. */
export type StoreFigures = {
  /** What waits for the database now, how often a full lane refused, and the longest that one of its jobs took. */
  lanes: { lane: Lane; waiting: number; oldestWaitingMs: number; refused: number; longestMs: number }[];
  /** Kinds of statements, and of transactions as a whole, by verb and table: those that took longest, longest first. */
  jobs: { kind: string; turns: number; longestMs: number }[];
  /** How many transactions were ended because they took too long while others waited. */
  takenBack: number;
  /**
   * How long ago it was last proven that this process hears what others announce: null while it does not. Null altogether
   * where no other process announces.
   */
  hearing: { provenMsAgo: number | null } | null;
  /** How often the database was ended and opened again, because it did not answer or fell; why and when it last was. */
  reopened: { times: number; last: { at: string; why: string } | null };
};

export type Store = {
  kind: "pglite" | "postgres";
  /** The same store, whose reads and transactions wait in this lane; the one that is opened is in `page`. */
  in(lane: Lane): Store;
  /** Reads outside a transaction; inside one they raise `internal`. Never write through it. */
  db: Database;
  /**
   * Runs `fn` in one transaction, commits, appends and fsyncs the journal record if there is one, then announces.
   * Transactions do not nest. Raises `unavailable` when the store is closed or cannot be reached, or when the journal
   * cannot be written: then nothing is announced, and the store answers nothing more until the two agree again.
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Tries beside the rows what a commit needs of the disk, before a decision meets it: `unavailable` where a journaled
   * commit would fail. Does nothing where the database alone keeps what is committed.
   */
  tryJournal(): Promise<void>;
  /**
   * Lets the journal begin again with all rows where it has grown long, so that it never grows without end: some parts of
   * them at one asking, and others have the database between two; and keeps commits from reading what earlier ones left behind. Answers
   * whether parts are left. Does nothing where there is none.
   */
  tendJournal(): Promise<boolean>;
  /** How it goes. Raises `unavailable` where the store is closed or cannot be asked. */
  figures(): Promise<StoreFigures>;
  /** Hears every announcement of every process; answers with the function that stops it. */
  subscribe(listener: (announcement: Announcement) => void): () => void;
  /** Waits for what runs, then lets go of the lock or the connections. A second call does nothing. */
  close(): Promise<void>;
};
