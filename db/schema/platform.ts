import { sql } from "drizzle-orm";
import { check, integer, pgTable, text } from "drizzle-orm/pg-core";
import { ENVIRONMENTS } from "@/lib/domain/lifecycles";
import { instant, whole } from "./columns";

/** The one row that says which platform this store serves. It is locked first by every publish. */
export const platform = pgTable(
  "platform",
  {
    id: integer("id").primaryKey().default(1),
    platformId: text("platform_id").notNull(),
    name: text("name").notNull(),
    environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
    /** Set once, for good, when two others than the admin can approve (contract §6). */
    setUpAt: instant("set_up_at"),
    /** Of a development platform whose past was made for it: what is older than this. Set once. */
    seededUntil: instant("seeded_until"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [check("platform_single_row", sql`${table.id} = 1`)],
);

/** A program's lowest acceptable document revision, raised by each publish that narrows (contract §4). */
export const minRevisions = pgTable("min_revisions", {
  appId: text("app_id").primaryKey(),
  revision: whole("revision").notNull(),
  /** Until when an older document could still be unexpired; the entry is kept until then. */
  keepUntil: instant("keep_until").notNull(),
});

/** Written and read back to see that the store can be written; one row a process, gone an hour after its last. */
export const probes = pgTable("probes", {
  process: text("process").primaryKey(),
  nonce: text("nonce").notNull(),
  at: instant("at").notNull(),
});
