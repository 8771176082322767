import { platform } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { invariant } from "@/lib/platform/errors";

/** Serialises publishes: revisions are counted, and documents built, by one at a time. */
export async function lockPlatform(tx: Transaction): Promise<typeof platform.$inferSelect> {
  const [row] = await tx.db.select().from(platform).for("update");
  invariant(row !== undefined, "the platform row is missing");
  return row;
}
