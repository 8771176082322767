import { writeMembers } from "@/db/published-members";
import { platform } from "@/db/schema";
import type { Database, Transaction } from "@/db/store";
import { appendAudit } from "@/lib/audit/append-audit";
import type { Environment } from "@/lib/domain/lifecycles";
import { FIRST_ENTRIES, PLATFORM_DEFAULTS } from "@/lib/domain/platform-defaults";
import { AppError, invariant } from "@/lib/platform/errors";
import type { ServiceContext } from "../context";

export type PlatformIdentity = { platformId: string; name: string; environment: Environment };

/** What a start asks for; null where the store decides, and a new one takes the default. */
export type AskedPlatform = { platformId: string | null; name: string; environment: Environment | null };

/**
 * Writes the platform's row and the shipped settings at the first start; later starts change nothing. Of several
 * processes that start at once one writes, and the others wait here for the end of its transaction. Raises `conflict`
 * where the store serves another platform than the one asked for, or another environment: a development store never
 * becomes a production one.
 */
export async function initialisePlatform(
  tx: Transaction,
  ctx: Pick<ServiceContext, "clock" | "ids">,
  asked: AskedPlatform,
): Promise<PlatformIdentity> {
  const identity: PlatformIdentity = {
    platformId: asked.platformId ?? "bulkhead.local",
    name: asked.name,
    environment: asked.environment ?? "production",
  };
  const at = new Date(ctx.clock.nowMs());
  const inserted = await tx.db
    .insert(platform)
    .values({ ...identity, createdAt: at })
    .onConflictDoNothing()
    .returning({ id: platform.id });
  if (inserted.length === 0) {
    const known = await findPlatform(tx.db, asked);
    invariant(known !== null, "the platform row was there just now");
    return known;
  }
  await writeMembers(tx.db, FIRST_ENTRIES, { at, changeSetId: null });
  await appendAudit(tx, ctx, {
    actor: { kind: "system", name: "first start" },
    action: "platform.initialise",
    subject: "platform",
    after: { ...identity, ...PLATFORM_DEFAULTS },
  });
  return identity;
}

/** The platform that the store serves; null before the first start. Raises `conflict` as initialising does. */
export async function findPlatform(db: Database, asked: AskedPlatform): Promise<PlatformIdentity | null> {
  const [known] = await db.select().from(platform);
  if (known === undefined) return null;
  const { platformId, name, environment } = known;
  const isAsked =
    (asked.platformId === null || asked.platformId === platformId) &&
    (asked.environment === null || asked.environment === environment);
  if (isAsked) return { platformId, name, environment };
  throw new AppError(
    "conflict",
    `This store serves ${platformId} (${environment}), and was asked to serve ${asked.platformId ?? platformId} (${asked.environment ?? environment}).\nLeave BULKHEAD_PLATFORM_ID and BULKHEAD_ENVIRONMENT away, or start on a store of its own (--data, DATABASE_URL).`,
  );
}
