import { eq } from "drizzle-orm";
import { platform } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { beginDecision } from "../change-sets/begin-decision";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/**
 * Gives the platform the name that people read. Whoever sets it up does so alone, as with people; when set-up is over the
 * name is one that people know and sign in by, and stays: `conflict`. Audited as `platform.name`.
 */
export async function namePlatform(
  ctx: ServiceContext,
  actor: Actor,
  input: { name: string },
): Promise<{ name: string }> {
  requirePermission(actor, "settings.manage");
  const { name } = input;
  await ctx.store.transaction(async (tx) => {
    const { isSetUpComplete } = await beginDecision(tx, ctx);
    if (isSetUpComplete) throw new AppError("conflict", "Set-up is over; the platform keeps its name.");
    const [before] = await tx.db.select({ name: platform.name }).from(platform);
    if (before?.name === name) return;
    await tx.db.update(platform).set({ name }).where(eq(platform.id, 1));
    await appendAudit(tx, ctx, {
      actor,
      action: "platform.name",
      subject: "platform",
      before: { name: before?.name ?? null },
      after: { name },
      requestId: ctx.requestId ?? null,
    });
    tx.announce({ topic: "people" });
  });
  return { name };
}
