import { and, eq, isNull } from "drizzle-orm";
import { platform } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import { invariant } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

/**
 * Says for good that what is older than `untilMs` was made for a demo, so that pages and files can say so. Raises `internal`
 * outside a development platform, and where that was said already. Audited as `platform.seed`.
 */
export async function markSeeded(ctx: ServiceContext, untilMs: number): Promise<void> {
  invariant(ctx.config.isDevelopmentStore, "a past was made outside a development platform");
  const seededUntil = new Date(untilMs);
  await ctx.store.transaction(async (tx) => {
    const marked = await tx.db
      .update(platform)
      .set({ seededUntil })
      .where(and(eq(platform.id, 1), isNull(platform.seededUntil)))
      .returning({ id: platform.id });
    invariant(marked.length === 1, "a past is made once");
    await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "demo" },
      action: "platform.seed",
      subject: "platform",
      after: { seededUntil: seededUntil.toISOString() },
    });
    tx.announce({ topic: "people" });
  });
}
