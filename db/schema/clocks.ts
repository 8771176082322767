import { pgTable, text } from "drizzle-orm/pg-core";
import { instant, whole } from "./columns";

/** How wall clock and uptime belonged together when a run of a machine's kernel was first seen, or last confirmed. */
export const clocks = pgTable("clocks", {
  bootId: text("boot_id").primaryKey(),
  machine: text("machine").notNull(),
  wallMs: whole("wall_ms").notNull(),
  uptimeMs: whole("uptime_ms").notNull(),
  seenAt: instant("seen_at").notNull(),
  /** By how much the wall clock has left the uptime, and when that was first seen; null when it has not. */
  jumpMs: whole("jump_ms"),
  jumpedAt: instant("jumped_at"),
  confirmedBy: text("confirmed_by"),
  confirmedAt: instant("confirmed_at"),
});
