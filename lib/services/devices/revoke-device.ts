import { and, eq, isNull } from "drizzle-orm";
import { lockPlatform } from "@/db/lock-platform";
import { devices } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Actor } from "@/lib/domain/roles";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";
import { requirePermission } from "../require-permission";

/**
 * Ends a device's enrolment: its next call is refused and its stream is closed (spec §4). Its key never enrols again.
 * Raises `not_found`, also for one that was revoked. Audited as `device.revoke`.
 */
export async function revokeDevice(
  ctx: ServiceContext,
  actor: Actor,
  input: { deviceId: string; reason: string },
): Promise<void> {
  requirePermission(actor, "devices.revoke");
  const { deviceId, reason } = input;
  await ctx.store.in("decide").transaction(async (tx) => {
    await lockPlatform(tx);
    const [revoked] = await tx.db
      .update(devices)
      .set({ revokedAt: new Date(ctx.clock.nowMs()) })
      .where(and(eq(devices.id, deviceId), isNull(devices.revokedAt)))
      .returning({ name: devices.name, thumbprint: devices.thumbprint });
    if (revoked === undefined) throw new AppError("not_found", "There is no such device.");
    await appendAudit(tx, ctx, {
      actor,
      action: "device.revoke",
      subject: `device:${deviceId}`,
      reason,
      before: revoked,
      requestId: ctx.requestId ?? null,
    });
    tx.announce({ topic: "devices", deviceId, revoked: true });
  });
}
