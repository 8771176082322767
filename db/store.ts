import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type * as schema from "./schema";

/** What reads and writes go through; the same type on PGlite and on Postgres. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** What may be announced after a commit. Every process that serves the store hears it (contract §4, §7). */
export type Announcement =
  | {
      topic: "documents";
      documents: { kind: "platform" | "program" | "keyset"; appId: string | null; epoch: number; revision: number }[];
    }
  | { topic: "telemetry" | "denials"; appIds: string[] }
  | { topic: "devices"; deviceId: string | null; revoked: boolean }
  | { topic: "change-sets" | "programs" | "publishers" | "people" | "audit" | "sessions" };

/**
 * What the journal keeps of one commit, beside the database: enough to rebuild the rows that documents are built
 * from, the documents, and the audit log. Values are plain JSON.
 */
export type JournalRecord = {
  /** Each change set that the commit moved, as it stands after it, with its changes. */
  changeSets: Record<string, unknown>[];
  /** Members written, in order, with the change set behind each where there is one; null as value removes. */
  effects: { member: string; value: unknown; changeSetId?: string }[];
  documents: Record<string, unknown>[];
  keysets: Record<string, unknown>[];
  auditEntries: Record<string, unknown>[];
};

/** One transaction. What it announces is told after commit, and after the journal is on disk. */
export type Transaction = {
  db: Database;
  announce(announcement: Announcement): void;
  /** Adds to this commit's journal record (lists are concatenated). */
  journal(part: Partial<JournalRecord>): void;
};

export type Store = {
  kind: "pglite" | "postgres";
  /** Reads outside a transaction. Never write through it. */
  db: Database;
  /**
   * Runs `fn` in one transaction, commits, appends and fsyncs the journal record if there is one, then announces.
   * Raises `unavailable` when the store is closed, or when the journal cannot be written: then nothing is announced
   * and the store refuses further writes until the two agree again.
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Hears every announcement of every process; answers with the function that stops it. */
  subscribe(listener: (announcement: Announcement) => void): () => void;
  close(): Promise<void>;
};
