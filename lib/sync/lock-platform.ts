import { platform } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { invariant } from "@/lib/platform/errors";

/** Transactions that have the lock; it is theirs until they end. */
const holders = new WeakSet<Transaction>();

/** Serialises publishes: revisions are counted, and documents built, by one at a time. */
export async function lockPlatform(tx: Transaction): Promise<typeof platform.$inferSelect> {
  const [row] = await tx.db.select().from(platform).for("update");
  invariant(row !== undefined, "the platform row is missing");
  holders.add(tx);
  return row;
}

/** The same for whoever needs nothing of the row: asks for the lock where this transaction has it not. */
export async function holdPlatform(tx: Transaction): Promise<void> {
  if (!holders.has(tx)) await lockPlatform(tx);
}
