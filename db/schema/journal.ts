import { bigserial, pgTable, text } from "drizzle-orm/pg-core";
import { json, whole } from "./columns";

/** What the running transaction wrote to journaled tables, filled by triggers; empty between transactions. */
export const journalChanges = pgTable("journal_changes", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  relation: text("relation").notNull(),
  op: text("op", { enum: ["put", "delete", "void-before", "void-through"] }).notNull(),
  row: json("row").$type<Record<string, unknown>>().notNull(),
});

/**
 * Records of the journal in the transaction that they describe: the newest one, which says what these rows include,
 * and those before it that are not on disk beside the database yet.
 */
export const journalRecords = pgTable("journal_records", {
  sequence: whole("sequence").primaryKey(),
  /** SHA-256 of `line`, which names the digest of its predecessor. */
  sha256: text("sha256").notNull(),
  line: text("line").notNull(),
});
