import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, isNull } from "drizzle-orm";
import { signInLinks } from "@/db/schema";
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

/** Makes a one-time link's token (256 random bits). The store keeps its SHA-256; the token is answered this one time. */
export async function createLink(
  db: Database,
  link: { purpose: SignInLinkPurpose; personId: string | null },
  nowMs: number,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString("base64url");
  const expiresAt = new Date(nowMs + LIFE_MS[link.purpose]);
  await db.insert(signInLinks).values({
    tokenSha256: hashLinkToken(token),
    purpose: link.purpose,
    personId: link.personId,
    createdAt: new Date(nowMs),
    expiresAt,
  });
  return { token, expiresAt };
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

/** Ends every link of a person, for example when that person was disabled or a new link was made. */
export async function endLinks(db: Database, personId: string, nowMs: number): Promise<void> {
  await db
    .update(signInLinks)
    .set({ usedAt: new Date(nowMs) })
    .where(and(eq(signInLinks.personId, personId), isNull(signInLinks.usedAt)));
}
