import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, isNull } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { publishers, publisherTokens } from "@/db/schema";
import type { Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { requirePerson } from "../change-sets/require-verb";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

const LIFE_MS = 90 * 24 * 60 * 60 * 1000;
/** Says what it is to scanners that look for leaked secrets. */
const PREFIX = "bhpub_";

/**
 * Makes a token for a publisher's tools, good for 90 days; answered this one time, stored as SHA-256. Whoever makes it
 * does not approve for this publisher (spec 6.2), so admins, who approve nothing, make them too. Raises `not_found`.
 * Audited as `publisherToken.create`.
 */
export async function createPublisherToken(
  ctx: ServiceContext,
  actor: Actor,
  input: { publisherId: string },
): Promise<{ id: string; token: string; expiresAt: string }> {
  const maker = requirePerson(actor);
  requirePermission(actor, "programs.register", "keys.manage");
  const token = PREFIX + randomBytes(32).toString("base64url");
  const nowMs = ctx.clock.nowMs();
  const expiresAt = new Date(nowMs + LIFE_MS);
  const id = ctx.ids.next("token");
  await ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    const [publisher] = await tx.db.select().from(publishers).where(eq(publishers.id, input.publisherId));
    if (publisher === undefined) throw new AppError("not_found", "There is no such publisher.");
    await tx.db.insert(publisherTokens).values({
      id,
      publisherId: publisher.id,
      createdBy: maker.personId,
      tokenSha256: hash(token),
      createdAt: new Date(nowMs),
      expiresAt,
    });
    await appendAudit(tx, ctx, {
      actor,
      action: "publisherToken.create",
      subject: `publisher:${publisher.id}`,
      after: { id, expiresAt },
      requestId: ctx.requestId ?? null,
    });
    tx.announce({ topic: "publishers" });
  });
  return { id, token, expiresAt: expiresAt.toISOString() };
}

/** Ends a token at once. Raises `not_found`, also for one that had ended. Audited as `publisherToken.revoke`. */
export async function revokePublisherToken(
  ctx: ServiceContext,
  actor: Actor,
  input: { publisherId: string; tokenId: string },
): Promise<void> {
  requirePermission(actor, "programs.register", "keys.manage");
  await ctx.store.in("decide").transaction(async (tx) => {
    await lockPlatform(tx);
    const isEnded = await endToken(tx, ctx, actor, { ...input, reason: null });
    if (!isEnded) throw new AppError("not_found", "There is no such token.");
  });
}

/** Ends a token and audits it; answers whether there was one to end. The caller holds the platform's lock. */
export async function endToken(
  tx: Transaction,
  ctx: Pick<ServiceContext, "clock" | "ids" | "requestId">,
  actor: Actor,
  { publisherId, tokenId, reason }: { publisherId: string; tokenId: string; reason: string | null },
): Promise<boolean> {
  const ended = await tx.db
    .update(publisherTokens)
    .set({ revokedAt: new Date(ctx.clock.nowMs()) })
    .where(
      and(
        eq(publisherTokens.id, tokenId),
        eq(publisherTokens.publisherId, publisherId),
        isNull(publisherTokens.revokedAt),
      ),
    )
    .returning({ id: publisherTokens.id });
  if (ended.length === 0) return false;
  await appendAudit(tx, ctx, {
    actor,
    action: "publisherToken.revoke",
    subject: `publisher:${publisherId}`,
    reason,
    before: { id: tokenId },
    requestId: ctx.requestId ?? null,
  });
  tx.announce({ topic: "publishers" });
  return true;
}

/** Who speaks with a bearer token of a publisher's tools; null for one that is unknown, over, revoked or of no known maker. */
export async function readPublisherToken(
  ctx: Pick<ServiceContext, "store" | "clock">,
  token: string,
): Promise<Extract<Actor, { kind: "publisher" }> | null> {
  if (!token.startsWith(PREFIX) || token.length > 128) return null;
  const [row] = await ctx.store.db
    .select()
    .from(publisherTokens)
    .where(
      and(
        eq(publisherTokens.tokenSha256, hash(token)),
        isNull(publisherTokens.revokedAt),
        gt(publisherTokens.expiresAt, new Date(ctx.clock.nowMs())),
      ),
    );
  if (row === undefined || row.createdBy === null) return null;
  return { kind: "publisher", publisherId: row.publisherId, tokenId: row.id, personId: row.createdBy };
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
