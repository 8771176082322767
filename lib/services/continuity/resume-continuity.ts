import { lockPlatform } from "@/db/lock-platform";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { isBehind } from "@/lib/sync/continuity/continuity-state";
import { publishDocuments } from "@/lib/sync/publish-documents";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/**
 * Signs every document above whatever devices may hold, as the next publish would have done, and hands them out again.
 * Raises `conflict` where nothing waits, `unavailable` where nothing can be signed. Audited as `continuity.resume`.
 */
export async function resumeContinuity(ctx: ServiceContext, actor: Actor): Promise<void> {
  requirePermission(actor, "platform.confirm");
  await ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    if (!(await isBehind(tx.db))) {
      throw new AppError("conflict", "Nothing waits: documents are handed out.");
    }
    await publishDocuments(tx, ctx, { appIds: [], platform: true, changeSetId: null, narrows: false, actor });
  });
}
