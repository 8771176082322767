import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant, json, whole } from "./columns";

/** The hash-chained audit log. It has no foreign keys: entries outlive their subjects. Rows are never changed. */
export const auditEntries = pgTable(
  "audit_entries",
  {
    sequence: whole("sequence").primaryKey(),
    id: text("id").notNull().unique(),
    at: instant("at").notNull(),
    actor: json("actor").$type<Record<string, unknown>>().notNull(),
    /** `{entity}.{verb}` of the closed list in `lib/audit`. */
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    appId: text("app_id"),
    changeSetId: text("change_set_id"),
    reason: text("reason"),
    before: json("before"),
    after: json("after"),
    requestId: text("request_id"),
    previousSha256: text("previous_sha256").notNull(),
    sha256: text("sha256").notNull(),
  },
  (table) => [
    index("audit_entries_at").on(table.at),
    index("audit_entries_action").on(table.action, table.sequence),
    index("audit_entries_app").on(table.appId, table.sequence),
    index("audit_entries_change_set").on(table.changeSetId),
  ],
);

/** The one row that says where the chain ends. It is locked while an entry is appended, so that the chain cannot fork. */
export const auditHead = pgTable(
  "audit_head",
  {
    id: integer("id").primaryKey().default(1),
    sequence: whole("sequence").notNull(),
    sha256: text("sha256").notNull(),
  },
  (table) => [check("audit_head_single_row", sql`${table.id} = 1`)],
);

/**
 * Ends of the chain as signers signed them: one at each publish, and one in each minute in which an entry was written.
 * One a sequence: signers count behind the platform's lock, and none signs for a log that lacks an earlier head. Rows are
 * never changed, and none is believed for standing here: its signature is.
 */
export const auditHeads = pgTable("audit_heads", {
  sequence: whole("sequence").primaryKey(),
  /** The entry's digest. */
  sha256: text("sha256").notNull(),
  epoch: whole("epoch").notNull(),
  issuedAtSeconds: whole("issued_at_seconds").notNull(),
  /** Compact JWS, `bulkhead-audit-head`. */
  jws: text("jws").notNull(),
});

/**
 * Platform documents of ours that devices handed back and whose audit head the log did not contain: evidence, kept with
 * the signature that makes it one.
 */
export const auditWitnesses = pgTable(
  "audit_witnesses",
  {
    sequence: whole("sequence").notNull(),
    sha256: text("sha256").notNull(),
    epoch: whole("epoch").notNull(),
    revision: whole("revision").notNull(),
    /** The document's own. */
    issuedAtSeconds: whole("issued_at_seconds").notNull(),
    /** The document as the device handed it back. */
    jws: text("jws").notNull(),
    deviceId: text("device_id").notNull(),
    receivedAt: instant("received_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.sequence, table.sha256] })],
);
