import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text } from "drizzle-orm/pg-core";
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
    index("audit_entries_app").on(table.appId),
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
