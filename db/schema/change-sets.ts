import { sql } from "drizzle-orm";
import { boolean, index, pgTable, serial, text, uniqueIndex } from "drizzle-orm/pg-core";
import { CHANGE_DIRECTIONS, CHANGE_SET_STATES } from "@/lib/domain/lifecycles";
import { instant, json, whole } from "./columns";

/** One decision from draft to its end (contract §6). */
export const changeSets = pgTable(
  "change_sets",
  {
    id: text("id").primaryKey(),
    number: serial("number").notNull().unique(),
    ownerId: text("owner_id").notNull(),
    state: text("state", { enum: CHANGE_SET_STATES }).notNull(),
    reason: text("reason").notNull().default(""),
    /** Proven to narrow as a whole: while it is open when last looked at, once published for good. */
    isNarrowing: boolean("is_narrowing").notNull().default(false),
    /** The change set that this one takes back, or the one it was split from. */
    undoOf: text("undo_of"),
    splitFrom: text("split_from"),
    /**
     * What it may put in force at most, by members' keys: of an approved set what its approver saw in force after it, of
     * one that narrowed what was in force before it (its undo). Null: nobody kept it, and nothing beyond the present is
     * allowed.
     */
    effect: json("effect"),
    undoneBy: text("undone_by"),
    decidedBy: text("decided_by"),
    decidedAt: instant("decided_at"),
    decisionReason: text("decision_reason"),
    proposedAt: instant("proposed_at"),
    publishedBy: text("published_by"),
    publishedAt: instant("published_at"),
    /** The platform document's revision that carried it to devices. */
    platformEpoch: whole("platform_epoch"),
    platformRevision: whole("platform_revision"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("change_sets_one_draft").on(table.ownerId).where(sql`${table.state} = 'draft'`),
    index("change_sets_state").on(table.state, table.updatedAt),
    index("change_sets_published").on(table.publishedAt),
  ],
);

/** The members that a change set changes, with their values before. SQL null means that the member is absent. */
export const changes = pgTable(
  "changes",
  {
    id: text("id").primaryKey(),
    changeSetId: text("change_set_id")
      .notNull()
      .references(() => changeSets.id, { onDelete: "cascade" }),
    position: whole("position").notNull(),
    member: text("member").notNull(),
    before: json("before"),
    after: json("after"),
    /** What it does by itself, as proven when it was last looked at with all that was published. */
    direction: text("direction", { enum: CHANGE_DIRECTIONS }).notNull(),
    /** The denial from which it was proposed. */
    denialId: text("denial_id"),
  },
  (table) => [
    uniqueIndex("changes_member").on(table.changeSetId, table.member),
    index("changes_by_member").on(table.member),
  ],
);
