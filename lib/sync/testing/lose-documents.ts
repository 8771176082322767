import { and, eq, gt } from "drizzle-orm";
import { documents } from "@/db/schema";
import type { Store } from "@/db/store";
import type { Position } from "@/native/core/documents/position";

/**
 * Takes from the store what it signed above a revision of this epoch, as a restore or a failover does; answers with the
 * platform documents of it, oldest first, as a device holds them.
 */
export async function loseDocuments(store: Store, above: Position): Promise<string[]> {
  return await store.transaction(async ({ db }) => {
    const lost = await db
      .delete(documents)
      .where(and(eq(documents.epoch, above.epoch), gt(documents.revision, above.revision)))
      .returning();
    return lost
      .filter(({ kind }) => kind === "platform")
      .sort((a, b) => a.revision - b.revision)
      .map(({ jws }) => jws);
  });
}
