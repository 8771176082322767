import { and, asc, gt, isNull, sql } from "drizzle-orm";
import { issueAt } from "@/db/newest-document";
import { devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { Spread } from "@/lib/contracts/shared";
import type { Position } from "@/native/core/documents/position";

/** A device counts as in the field while it was seen in the last 24 hours. */
export const DEVICE_SEEN_MS = 24 * 60 * 60 * 1000;

const APPLIED = { appliedEpoch: devices.appliedEpoch, appliedPlatform: devices.appliedPlatform };

/** The platform document that a device says it enforces; null before its first. */
export function appliedPosition(
  row: Pick<typeof devices.$inferSelect, "appliedEpoch" | "appliedPlatform">,
): Position | null {
  const { appliedEpoch: epoch, appliedPlatform: revision } = row;
  return epoch === null || revision === null ? null : { epoch, revision };
}

/** SQL: the device enforces at least this platform revision. */
export const hasApplied = ({ epoch, revision }: Position) =>
  sql<boolean>`(coalesce(${devices.appliedEpoch}, 0), coalesce(${devices.appliedPlatform}, 0)) >= (${epoch}, ${revision})`;

const isInField = (nowMs: number) =>
  and(isNull(devices.revokedAt), gt(devices.lastSeenAt, new Date(nowMs - DEVICE_SEEN_MS)));

/** How many devices a publish would have to reach: those of which `readSpread` speaks. */
export async function countInField(db: Database, nowMs: number): Promise<number> {
  const [counted] = await db.select({ total: countWhere() }).from(devices).where(isInField(nowMs));
  return counted?.total ?? 0;
}

/** Which devices enforce a platform revision: reached, total and those behind (50 at most). */
export async function readSpread(db: Database, position: Position, nowMs: number): Promise<Spread> {
  const reached = hasApplied(position);
  const inField = isInField(nowMs);
  const [counted] = await db
    .select({
      total: countWhere(),
      reached: countWhere(reached),
      lastAppliedAt: sql<string | null>`max(${devices.appliedAt}) filter (where ${reached})`,
    })
    .from(devices)
    .where(inField);
  const issue = await issueAt(db, "platform", "", position);
  const behind = await db
    .select({
      deviceId: devices.id,
      name: devices.name,
      ...APPLIED,
      lastSeenAt: devices.lastSeenAt,
    })
    .from(devices)
    .where(and(inField, sql`not (${reached})`))
    .orderBy(asc(devices.lastSeenAt), asc(devices.id))
    .limit(50);
  const lastAppliedAt = counted?.lastAppliedAt == null ? null : new Date(counted.lastAppliedAt);
  return {
    position,
    reached: counted?.reached ?? 0,
    total: counted?.total ?? 0,
    behind: behind.map(({ deviceId, name, lastSeenAt, ...row }) => {
      return { deviceId, name, position: appliedPosition(row), lastSeenAt: lastSeenAt?.toISOString() ?? null };
    }),
    lastAppliedMs:
      lastAppliedAt === null || issue === null
        ? null
        : Math.max(0, lastAppliedAt.getTime() - issue.createdAt.getTime()),
  };
}
