import { and, asc, desc, gt, isNull, sql } from "drizzle-orm";
import { issueAt } from "@/db/newest-document";
import { appliedRevisions, devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { countWhere } from "@/db/sums";
import type { Spread } from "@/lib/contracts/shared";
import { quantileOf, unpackHistogram } from "@/lib/domain/measures/histogram";
import { type Position, positionOf } from "@/native/core/documents/position";

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
    })
    .from(devices)
    .where(inField);
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
  return {
    position,
    reached: counted?.reached ?? 0,
    total: counted?.total ?? 0,
    behind: behind.map(({ deviceId, name, lastSeenAt, ...row }) => {
      return { deviceId, name, position: appliedPosition(row), lastSeenAt: lastSeenAt?.toISOString() ?? null };
    }),
    applied: await readApplied(db, position),
  };
}

/** What was counted of the newest decision up to a position, where something was. */
async function readApplied(db: Database, upTo: Position): Promise<Spread["applied"]> {
  const { epoch, revision } = appliedRevisions;
  const [row] = await db
    .select()
    .from(appliedRevisions)
    .where(sql`(${epoch}, ${revision}) <= (${upTo.epoch}, ${upTo.revision})`)
    .orderBy(desc(epoch), desc(revision))
    .limit(1);
  if (row === undefined) return null;
  const position = positionOf(row);
  const issue = await issueAt(db, "platform", "", position);
  const delays = unpackHistogram(row.delays);
  const [halfMs, mostMs] = [quantileOf(delays, 0.5), quantileOf(delays, 0.95)];
  if (issue === null || halfMs === null || mostMs === null) return null;
  const lastMs = Math.max(0, row.lastAt.getTime() - issue.createdAt.getTime());
  return { position, devices: row.devices, halfMs: Math.min(halfMs, lastMs), mostMs: Math.min(mostMs, lastMs), lastMs };
}
