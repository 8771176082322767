import { type SQL, sql } from "drizzle-orm";
import { publishedMembers } from "@/db/schema";
import { numberOf } from "@/db/sums";

/** SQL: whether a published rule or grant has not ended; one without an end never does. */
export function isInForce(nowMs: number): SQL<boolean> {
  const until = sql`(${publishedMembers.value} -> 'until')`;
  const hasEnded = sql`jsonb_typeof(${until}) = 'number' and ${numberOf(until)} * 1000 <= ${nowMs}`;
  return sql<boolean>`not coalesce(${hasEnded}, false)`;
}
