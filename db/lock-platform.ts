import { invariant } from "@/lib/platform/errors";
import { platform } from "./schema";
import type { Transaction } from "./store";

/** Transactions that have the lock; it is theirs until they end. */
const holders = new WeakSet<Transaction>();

/**
 * Serialises publishes: revisions are counted, and documents built, by one at a time. It is asked for by the time that this
 * returns: what the transaction asks after it, without waiting for its answer, is read behind the lock.
 */
export async function lockPlatform(tx: Transaction): Promise<typeof platform.$inferSelect> {
  const [row] = await tx.db.select().from(platform).for("update").execute();
  invariant(row !== undefined, "the platform row is missing");
  holders.add(tx);
  return row;
}

/** Whether this transaction has the lock by now. */
export const holdsPlatform = (tx: Transaction): boolean => holders.has(tx);

/** The same for whoever needs nothing of the row: asks for the lock where this transaction has it not. */
export async function holdPlatform(tx: Transaction): Promise<void> {
  if (!holdsPlatform(tx)) await lockPlatform(tx);
}
