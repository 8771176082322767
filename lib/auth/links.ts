import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, isNull } from "drizzle-orm";
import { handovers, signInLinks } from "@/db/schema";
import type { Database } from "@/db/store";
import type { SignInLinkPurpose } from "@/lib/domain/lifecycles";

const LIFE_MS: Record<SignInLinkPurpose, number> = {
  setup: 24 * 60 * 60 * 1000,
  invite: 72 * 60 * 60 * 1000,
  reset: 60 * 60 * 1000,
  development: 24 * 60 * 60 * 1000,
};

export function hashLinkToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/**
 * Makes a one-time link's token (256 random bits). The store keeps its SHA-256; the token is answered this one time. It
 * ends after the time of its purpose unless said otherwise.
 */
export async function createLink(
  db: Database,
  link: { purpose: SignInLinkPurpose; personId: string | null; expiresAt?: Date },
  nowMs: number,
): Promise<{ token: string; tokenSha256: string; expiresAt: Date }> {
  const token = randomBytes(32).toString("base64url");
  const expiresAt = link.expiresAt ?? new Date(nowMs + LIFE_MS[link.purpose]);
  const tokenSha256 = hashLinkToken(token);
  await db.insert(signInLinks).values({
    tokenSha256,
    purpose: link.purpose,
    personId: link.personId,
    createdAt: new Date(nowMs),
    expiresAt,
  });
  return { token, tokenSha256, expiresAt };
}

export type SignInLink = typeof signInLinks.$inferSelect;

/** The link behind a token, if it can still be used. */
export async function findLink(db: Database, token: string, nowMs: number): Promise<SignInLink | undefined> {
  const [link] = await db
    .select()
    .from(signInLinks)
    .where(
      and(
        eq(signInLinks.tokenSha256, hashLinkToken(token)),
        isNull(signInLinks.usedAt),
        gt(signInLinks.expiresAt, new Date(nowMs)),
      ),
    )
    .limit(1);
  return link;
}

/** Marks the link used and answers with it; undefined if it was used or had expired, also when two use it at once. */
export async function takeLink(db: Database, token: string, nowMs: number): Promise<SignInLink | undefined> {
  const [link] = await db
    .update(signInLinks)
    .set({ usedAt: new Date(nowMs) })
    .where(
      and(
        eq(signInLinks.tokenSha256, hashLinkToken(token)),
        isNull(signInLinks.usedAt),
        gt(signInLinks.expiresAt, new Date(nowMs)),
      ),
    )
    .returning();
  return link;
}

/** Ends every link of a person, and the halves of a sign-in that are not used: when a new one is made, or it was locked. */
export async function endLinks(db: Database, personId: string, nowMs: number): Promise<void> {
  await db
    .update(signInLinks)
    .set({ usedAt: new Date(nowMs) })
    .where(and(eq(signInLinks.personId, personId), isNull(signInLinks.usedAt)));
  await db
    .update(handovers)
    .set({ endedAt: new Date(nowMs) })
    .where(and(eq(handovers.personId, personId), isNull(handovers.endedAt)));
}
