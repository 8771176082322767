import { desc } from "drizzle-orm";
import { keysets } from "@/db/schema";
import type { Database } from "@/db/store";

export type StoredKeyset = typeof keysets.$inferSelect;

/** The keyset with the highest revision; null before the first start has made one. */
export async function currentKeyset(db: Database): Promise<StoredKeyset | null> {
  const [row] = await db.select().from(keysets).orderBy(desc(keysets.revision)).limit(1);
  return row ?? null;
}
