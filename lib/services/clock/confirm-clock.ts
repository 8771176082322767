import { eq } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { clocks } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import { findAnchor, jumpSince, readClock } from "@/lib/sync/clock/clock-jump";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/**
 * Says of a machine's clock that it is right as it goes now: from here on it is measured anew. Any process of the store
 * may take it, for any machine. Raises `conflict` where no jump of it awaits this. Audited as `clock.confirm`.
 */
export async function confirmClock(ctx: ServiceContext, actor: Actor, input: { bootId: string }): Promise<void> {
  requirePermission(actor, "platform.confirm");
  await ctx.store.transaction(async (tx) => {
    await lockPlatform(tx);
    const anchor = await findAnchor(tx.db, input.bootId);
    const isHere = input.bootId === ctx.machine.bootId;
    const jumpMs = anchor !== null && isHere ? jumpSince(anchor, readClock(ctx)) : (anchor?.jumpMs ?? null);
    if (anchor === null || jumpMs === null)
      throw new AppError("conflict", "No jump of this clock awaits a confirmation.");
    const confirmed = {
      wallMs: anchor.wallMs + jumpMs,
      jumpMs: null,
      jumpedAt: null,
      confirmedBy: actor.kind === "person" ? actor.personId : actor.kind,
      confirmedAt: new Date(ctx.clock.nowMs()),
    };
    await tx.db.update(clocks).set(confirmed).where(eq(clocks.bootId, input.bootId));
    await appendAudit(tx, ctx, {
      actor,
      action: "clock.confirm",
      subject: `clock:${anchor.machine}`,
      before: { bootId: anchor.bootId, jumpSeconds: Math.round(jumpMs / 1000) },
      after: { confirmed: true },
      requestId: ctx.requestId ?? null,
    });
  });
}
