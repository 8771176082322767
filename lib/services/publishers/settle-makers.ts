import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { auditEntries, changeSets, changes, publisherKeys, publishers, publisherTokens, versions } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { formatMember } from "@/lib/domain/member-keys";
import type { ServiceContext } from "../context";
import { endToken } from "./publisher-tokens";

const UNKNOWN_MAKER = "Nobody knows who made it. Make a new one.";

/**
 * Gives tokens, keys and submissions from before they carried people the person that the audit log names (spec 6.2). A
 * token of nobody known is revoked, audited as `publisherToken.revoke`; a key of nobody known stays for what is listed,
 * and nothing further that it signed is. Done at every start, since a restored backup brings such rows back; of several
 * processes one does it, and the others find it done. Answers with what people should know.
 */
export async function settleMakers(store: Store, ctx: Pick<ServiceContext, "clock" | "ids">): Promise<string[]> {
  if (!(await isAnyOpen(store.db))) return [];
  return store.transaction(async (tx) => {
    await lockPlatform(tx);
    await takeFromAudit(tx.db);
    const names = new Map((await tx.db.select().from(publishers)).map(({ id, name }) => [id, name]));
    const nameOf = (publisherId: string) => names.get(publisherId) ?? publisherId;
    const notices: string[] = [];
    const nobodys = await tx.db
      .select({ id: publisherTokens.id, publisherId: publisherTokens.publisherId })
      .from(publisherTokens)
      .where(and(isNull(publisherTokens.createdBy), isNull(publisherTokens.revokedAt)));
    for (const { id: tokenId, publisherId } of nobodys) {
      await endToken(tx, ctx, { kind: "system", name: "upgrade" }, { publisherId, tokenId, reason: UNKNOWN_MAKER });
      notices.push(
        `Token ${tokenId} of publisher ${nameOf(publisherId)} is revoked: nobody knows who made it. Make a new one on the Publishers page and hand it over.`,
      );
    }
    const keys = await tx.db
      .select({ kid: publisherKeys.kid, publisherId: publisherKeys.publisherId })
      .from(publisherKeys)
      .where(and(isNull(publisherKeys.createdBy), eq(publisherKeys.status, "active")));
    for (const { kid, publisherId } of keys) {
      notices.push(
        `Nobody knows who proposed key ${kid} of publisher ${nameOf(publisherId)}: what is listed goes on, and no further version signed by it is listed. Propose a new key, or revoke this one and propose it again.`,
      );
    }
    return notices;
  });
}

/** Whether the log is to be asked at all: nearly always it is not. */
async function isAnyOpen(db: Database): Promise<boolean> {
  const found = await Promise.all([
    db.select({ of: publisherTokens.id }).from(publisherTokens).where(isNull(publisherTokens.createdBy)).limit(1),
    db.select({ of: publisherKeys.kid }).from(publisherKeys).where(isNull(publisherKeys.createdBy)).limit(1),
    db.select({ of: versions.appId }).from(versions).where(isNull(versions.tokenId)).limit(1),
  ]);
  return found.some((rows) => rows.length > 0);
}

async function takeFromAudit(db: Database): Promise<void> {
  const byPerson = sql`${auditEntries.actor}->>'kind' = 'person'`;
  await db
    .update(publisherTokens)
    .set({ createdBy: sql`${auditEntries.actor}->>'id'` })
    .from(auditEntries)
    .where(
      and(
        isNull(publisherTokens.createdBy),
        eq(auditEntries.action, "publisherToken.create"),
        eq(auditEntries.subject, sql`'publisher:' || ${publisherTokens.publisherId}`),
        sql`${auditEntries.after}->>'id' = ${publisherTokens.id}`,
        byPerson,
      ),
    );
  await db
    .update(versions)
    .set({ tokenId: sql`${auditEntries.actor}->>'tokenId'` })
    .from(auditEntries)
    .where(
      and(
        isNull(versions.tokenId),
        eq(auditEntries.action, "submission.receive"),
        eq(auditEntries.subject, sql`'submission:' || ${versions.submissionId}`),
      ),
    );
  const keys = await db
    .select({ publisherId: publisherKeys.publisherId, kid: publisherKeys.kid })
    .from(publisherKeys)
    .where(isNull(publisherKeys.createdBy));
  for (const { publisherId, kid } of keys) {
    const letIn = await setThatLetIn(db, formatMember({ kind: "publisher-key", publisherId, kid }));
    if (letIn === null) continue;
    await db
      .update(publisherKeys)
      .set({ createdBy: sql`${auditEntries.actor}->>'id'` })
      .from(auditEntries)
      .where(
        and(
          eq(publisherKeys.kid, kid),
          eq(auditEntries.changeSetId, letIn),
          eq(auditEntries.action, "changeSet.propose"),
          byPerson,
        ),
      );
  }
}

/** The first change set that published this key: whoever proposed it is the key's maker. */
async function setThatLetIn(db: Database, member: string): Promise<string | null> {
  const [first] = await db
    .select({ id: changeSets.id })
    .from(changes)
    .innerJoin(changeSets, eq(changeSets.id, changes.changeSetId))
    .where(and(eq(changes.member, member), eq(changeSets.state, "published")))
    .orderBy(asc(changeSets.publishedAt), asc(changeSets.number))
    .limit(1);
  return first?.id ?? null;
}
