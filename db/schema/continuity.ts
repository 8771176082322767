import { sql } from "drizzle-orm";
import { check, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { HELD_NARROWING_KINDS, HELD_NARROWING_VERDICTS } from "@/lib/domain/lifecycles";
import { instant, whole } from "./columns";

/**
 * What this store knows about documents that devices may hold and it does not: after a restore, or a failover to an
 * older replica. One row, there from the first such moment on.
 */
export const continuity = pgTable(
  "continuity",
  {
    id: integer("id").primaryKey().default(1),
    /** When this store was last made from a backup, and when that backup was taken. */
    restoredAt: instant("restored_at"),
    backupAt: instant("backup_at"),
    /** Added to the next revision of every document; 0 once all were signed again. */
    revisionLift: whole("revision_lift").notNull().default(0),
    /** The highest position of a platform document that a device has proven to hold and this store never signed. */
    provenEpoch: whole("proven_epoch").notNull().default(0),
    provenRevision: whole("proven_revision").notNull().default(0),
    provenAt: instant("proven_at"),
    /** Every document of this epoch is signed above this revision: below it something may be out there. */
    floorEpoch: whole("floor_epoch").notNull().default(0),
    floorRevision: whole("floor_revision").notNull().default(0),
    /** When all documents were last signed above what may be out there, and by whom. */
    resumedAt: instant("resumed_at"),
    resumedBy: text("resumed_by"),
  },
  (table) => [check("continuity_single_row", sql`${table.id} = 1`)],
);

/** The newest platform document of ours that each device handed back and this store does not have (spec §7). */
export const heldDocuments = pgTable("held_documents", {
  deviceId: text("device_id").primaryKey(),
  epoch: whole("epoch").notNull(),
  revision: whole("revision").notNull(),
  /** SHA-256 of the payload bytes. */
  sha256: text("sha256").notNull(),
  receivedAt: instant("received_at").notNull(),
});

/** What a handed-back document stops and this store does not: stays stopped until a person has looked. */
export const heldNarrowings = pgTable(
  "held_narrowings",
  {
    kind: text("kind", { enum: HELD_NARROWING_KINDS }).notNull(),
    /** The app id, or the host. */
    subject: text("subject").notNull(),
    epoch: whole("epoch").notNull(),
    revision: whole("revision").notNull(),
    learnedAt: instant("learned_at").notNull(),
    verdict: text("verdict", { enum: HELD_NARROWING_VERDICTS }).notNull(),
    decidedBy: text("decided_by"),
    decidedAt: instant("decided_at"),
  },
  (table) => [primaryKey({ columns: [table.kind, table.subject] })],
);
