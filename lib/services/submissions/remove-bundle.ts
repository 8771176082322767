import { and, eq, exists, gt, not, or, type SQL, sql } from "drizzle-orm";
import { holdsCode } from "@/db/held-codes";
import { lockPlatform } from "@/db/lock-platform";
import { bundles, versions } from "@/db/schema";
import type { Database } from "@/db/store";
import type { LeanContext } from "../context";

/** How long the bytes of a refused version stay, for whoever refused it to look at. */
const REFUSED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Versions for whose sake a bundle's bytes are kept: those that may be run, and those that were refused lately. */
const needsBytes = (nowMs: number): SQL | undefined =>
  or(
    holdsCode(),
    and(
      eq(versions.state, "refused"),
      gt(sql`coalesce(${versions.endedAt}, ${versions.submittedAt})`, new Date(nowMs - REFUSED_KEPT_MS)),
    ),
  );

/** Digests of bundles whose bytes nothing needs any more, a few at a time. */
export async function findUnneeded(db: Database, nowMs: number, limit: number): Promise<string[]> {
  const needing = db
    .select({ sha256: versions.sha256 })
    .from(versions)
    .where(and(eq(versions.sha256, bundles.sha256), needsBytes(nowMs)));
  const rows = await db
    .select({ sha256: bundles.sha256 })
    .from(bundles)
    .where(and(not(eq(bundles.state, "removed")), not(exists(needing))))
    .limit(limit);
  return rows.map(({ sha256 }) => sha256);
}

/**
 * Removes the bytes of a bundle unless something needs them; what was attested of it stays. Answers whether it did. Behind
 * the lock, where no submission of the same bytes is between its file and its row.
 */
export async function removeBundle(
  ctx: Pick<LeanContext, "store" | "bundles" | "clock">,
  sha256: string,
): Promise<boolean> {
  return ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    const [needing] = await tx.db
      .select({ submissionId: versions.submissionId })
      .from(versions)
      .where(and(eq(versions.sha256, sha256), needsBytes(ctx.clock.nowMs())))
      .limit(1);
    if (needing !== undefined) return false;
    await ctx.bundles.remove(sha256);
    await tx.db.update(bundles).set({ state: "removed", content: null }).where(eq(bundles.sha256, sha256));
    return true;
  });
}
