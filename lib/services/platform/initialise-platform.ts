import { limits, platform } from "@/db/schema";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Environment } from "@/lib/domain/lifecycles";
import { PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { AppError } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

export type PlatformIdentity = { platformId: string; name: string; environment: Environment };

/**
 * Writes the platform's row and the shipped limits at the first start; later starts change nothing. Raises `conflict`
 * where the store serves another platform, or another environment: a development store never becomes a production one.
 */
export async function initialisePlatform(
  ctx: Pick<ServiceContext, "store" | "clock" | "ids">,
  identity: PlatformIdentity,
): Promise<void> {
  await ctx.store.transaction(async (tx) => {
    const { graceSeconds, telemetry } = PLATFORM_DEFAULTS;
    const inserted = await tx.db
      .insert(platform)
      .values({
        ...identity,
        graceSeconds,
        telemetryIntervalSeconds: telemetry.intervalSeconds,
        telemetrySampling: telemetry.sampling,
        createdAt: new Date(ctx.clock.nowMs()),
      })
      .onConflictDoNothing()
      .returning({ id: platform.id });
    if (inserted.length === 0) {
      const [known] = await tx.db.select().from(platform);
      if (known?.platformId === identity.platformId && known.environment === identity.environment) return;
      throw new AppError("conflict", `This store serves ${known?.platformId} (${known?.environment}).`);
    }
    const defaults = Object.entries(PLATFORM_DEFAULTS.limits);
    await tx.db.insert(limits).values(defaults.map(([name, value]) => ({ scope: "platform", name, value })));
    await appendAudit(tx, ctx, {
      actor: { kind: "system", name: "first start" },
      action: "platform.initialise",
      subject: "platform",
      after: { ...identity, ...PLATFORM_DEFAULTS },
    });
  });
}
