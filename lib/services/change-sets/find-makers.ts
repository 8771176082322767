import { and, eq, exists, gt, inArray, isNull, or, type SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { publisherKeys, publisherTokens, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import { formatMember, parseMember } from "@/lib/domain/member-keys";

/** By publisher: who made its tokens, and who proposed its keys. */
export type Makers = {
  ofTokens: ReadonlyMap<string, readonly string[]>;
  ofKeys: ReadonlyMap<string, readonly string[]>;
};

/**
 * The people who do not approve for these publishers because of what they made (spec 6.2). A token counts while it is
 * good, a key while it is active, and either as long as a version that came by it waits or is listed: whoever revokes
 * their own token has handed in all the same.
 */
export async function findMakers(db: Database, publisherIds: readonly string[], nowMs: number): Promise<Makers> {
  if (publisherIds.length === 0) return { ofTokens: new Map(), ofKeys: new Map() };
  const ids = [...publisherIds];
  /** Whether a version that came by it waits or is listed. */
  const broughtIn = (by: SQL, publisherId: AnyPgColumn) =>
    exists(
      db
        .select({ code: versions.code })
        .from(versions)
        .where(and(by, eq(versions.publisherId, publisherId), inArray(versions.state, ["submitted", "listed"]))),
    );
  const tokens = db
    .select({ publisherId: publisherTokens.publisherId, personId: publisherTokens.createdBy })
    .from(publisherTokens)
    .where(
      and(
        inArray(publisherTokens.publisherId, ids),
        or(
          and(isNull(publisherTokens.revokedAt), gt(publisherTokens.expiresAt, new Date(nowMs))),
          broughtIn(eq(versions.tokenId, publisherTokens.id), publisherTokens.publisherId),
        ),
      ),
    );
  const keys = db
    .select({ publisherId: publisherKeys.publisherId, personId: publisherKeys.createdBy })
    .from(publisherKeys)
    .where(
      and(
        inArray(publisherKeys.publisherId, ids),
        or(
          eq(publisherKeys.status, "active"),
          broughtIn(eq(versions.kid, publisherKeys.kid), publisherKeys.publisherId),
        ),
      ),
    );
  const [ofTokens, ofKeys] = await Promise.all([tokens, keys]);
  return { ofTokens: byPublisher(ofTokens), ofKeys: byPublisher(ofKeys) };
}

function byPublisher(rows: readonly { publisherId: string; personId: string | null }[]) {
  const made = new Map<string, string[]>();
  for (const { publisherId, personId } of rows) {
    if (personId !== null) made.set(publisherId, [...(made.get(publisherId) ?? []), personId]);
  }
  return made;
}

/** Of these members, the versions whose token's maker or key's proposer nobody knows: they are not listed. */
export async function versionsOfUnknownMaker(db: Database, members: readonly string[]): Promise<ReadonlySet<string>> {
  const appIds = members.flatMap((text) => {
    const member = parseMember(text);
    return member?.kind === "version" ? [member.appId] : [];
  });
  if (appIds.length === 0) return new Set();
  const rows = await db
    .select({ appId: versions.appId, code: versions.code })
    .from(versions)
    .leftJoin(publisherTokens, eq(publisherTokens.id, versions.tokenId))
    .leftJoin(publisherKeys, eq(publisherKeys.kid, versions.kid))
    .where(
      and(
        inArray(versions.appId, [...new Set(appIds)]),
        eq(versions.state, "submitted"),
        or(isNull(publisherTokens.createdBy), isNull(publisherKeys.createdBy)),
      ),
    );
  return new Set(rows.map(({ appId, code }) => formatMember({ kind: "version", appId, code })));
}
