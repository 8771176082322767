import { sql } from "drizzle-orm";
import { index, pgTable, text } from "drizzle-orm/pg-core";
import type { MemberKind } from "@/lib/domain/members";
import { instant, json } from "./columns";
import { programs } from "./programs";

/**
 * What is published, by the member's key: every kind that has no rows of its own (`home` of `lib/domain/kinds`). A kind's
 * shape reads its value (`db/published-members.ts`). Drafts and proposals live in change sets alone.
 */
export const publishedMembers = pgTable(
  "published_members",
  {
    member: text("member").primaryKey(),
    kind: text("kind").$type<MemberKind>().notNull(),
    /** Null: the platform's. */
    appId: text("app_id").references(() => programs.appId),
    value: json("value").notNull(),
    /** The decision that wrote it last; null for what the first start wrote. */
    changeSetId: text("change_set_id"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    index("published_members_app").on(table.appId),
    index("published_members_kind").on(table.kind),
    // What ends soon is asked for of all programs at once.
    index("published_members_until")
      .on(sql`((${table.value} ->> 'until')::numeric)`)
      .where(sql`jsonb_typeof(${table.value} -> 'until') = 'number'`),
  ],
);
