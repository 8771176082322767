import { and, eq, gt, gte } from "drizzle-orm";
import { auditEntries, auditHead, auditHeads, documents } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import type { Position } from "@/native/core/documents/position";

/**
 * Takes from the store what it signed above a revision of this epoch, and its log from there on, as a restore or a failover
 * does; answers with the platform documents of it, oldest first, as a device holds them.
 */
export async function loseDocuments(store: Store, above: Position): Promise<string[]> {
  return await store.transaction(async ({ db }) => {
    const lost = await db
      .delete(documents)
      .where(and(eq(documents.epoch, above.epoch), gt(documents.revision, above.revision)))
      .returning();
    await cutLog(db, above);
    return lost
      .filter(({ kind }) => kind === "platform")
      .sort((a, b) => a.revision - b.revision)
      .map(({ jws }) => jws);
  });
}

async function cutLog(db: Database, above: Position): Promise<void> {
  const published = await db.select().from(auditEntries).where(eq(auditEntries.action, "document.publish"));
  const lost = published.filter(({ after }) => {
    const { epoch, revision } = (after as { platform: Position }).platform;
    return epoch === above.epoch && revision > above.revision;
  });
  if (lost.length === 0) return;
  const from = Math.min(...lost.map(({ sequence }) => sequence));
  await db.delete(auditEntries).where(gte(auditEntries.sequence, from));
  await db.delete(auditHeads).where(gte(auditHeads.sequence, from));
  const [last] = await db
    .select({ sequence: auditEntries.sequence, sha256: auditEntries.sha256 })
    .from(auditEntries)
    .where(eq(auditEntries.sequence, from - 1));
  if (last !== undefined) await db.update(auditHead).set(last);
}
