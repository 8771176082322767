import { and, asc, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { devices, documents } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { Spread } from "@/lib/contracts/shared";

/** A device counts as in the field while it was seen in the last 24 hours. */
export const DEVICE_SEEN_MS = 24 * 60 * 60 * 1000;

/** The newest signed platform document: every publish raises it, so it is the one number that devices are asked for. */
export async function newestPlatformDocument(db: Database): Promise<typeof documents.$inferSelect | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(eq(documents.kind, "platform"))
    .orderBy(desc(documents.epoch), desc(documents.revision))
    .limit(1);
  return row;
}

/** SQL: the device enforces at least this platform revision. */
export const hasApplied = (epoch: number, revision: number) =>
  sql<boolean>`(coalesce(${devices.appliedEpoch}, 0), coalesce(${devices.appliedPlatform}, 0)) >= (${epoch}, ${revision})`;

/** Which devices enforce a platform revision: reached, total and those behind (50 at most). */
export async function readSpread(
  db: Database,
  revision: { epoch: number; revision: number },
  nowMs: number,
): Promise<Spread> {
  const reached = hasApplied(revision.epoch, revision.revision);
  const inField = and(isNull(devices.revokedAt), gt(devices.lastSeenAt, new Date(nowMs - DEVICE_SEEN_MS)));
  const [counted] = await db
    .select({
      total: countWhere(),
      reached: countWhere(reached),
      lastAppliedAt: sql<string | null>`max(${devices.appliedAt}) filter (where ${reached})`,
    })
    .from(devices)
    .where(inField);
  const [document] = await db
    .select({ createdAt: documents.createdAt })
    .from(documents)
    .where(
      and(
        eq(documents.kind, "platform"),
        eq(documents.epoch, revision.epoch),
        eq(documents.revision, revision.revision),
      ),
    )
    .limit(1);
  const behind = await db
    .select({
      deviceId: devices.id,
      name: devices.name,
      revision: devices.appliedPlatform,
      lastSeenAt: devices.lastSeenAt,
    })
    .from(devices)
    .where(and(inField, sql`not (${reached})`))
    .orderBy(asc(devices.lastSeenAt), asc(devices.id))
    .limit(50);
  const lastAppliedAt = counted?.lastAppliedAt == null ? null : new Date(counted.lastAppliedAt);
  return {
    ...revision,
    reached: counted?.reached ?? 0,
    total: counted?.total ?? 0,
    behind: behind.map((row) => ({ ...row, lastSeenAt: row.lastSeenAt?.toISOString() ?? null })),
    lastAppliedMs:
      lastAppliedAt === null || document === undefined
        ? null
        : Math.max(0, lastAppliedAt.getTime() - document.createdAt.getTime()),
  };
}
