import { sql } from "drizzle-orm";
import { decidedBetween } from "@/db/newest-document";
import { appliedRevisions, type devices } from "@/db/schema";
import type { Database } from "@/db/store";
import { insertRows, isAnyOf, updateRows } from "@/db/write-rows";
import { enter, packHistogram, unpackHistogram } from "@/lib/domain/measures/histogram";
import {
  comparePositions,
  isNewerPosition,
  isSamePosition,
  NO_POSITION,
  type Position,
} from "@/native/core/documents/position";
import { addSaturating } from "@/native/core/telemetry/add-saturating";

type Device = Pick<typeof devices.$inferSelect, "appliedEpoch" | "appliedPlatform" | "enrolledAt">;
/** A device as it was noted, and as it is. */
export type Moved = { was: Device; is: Device };
type Reached = Position & { devices: number; delayMs: number };

/** Of whoever was away for longer than so many decisions, the newest alone are told of. */
const DECISIONS_MAX = 100;

const positionOf = ({ appliedEpoch, appliedPlatform }: Device): Position => ({
  epoch: appliedEpoch ?? 0,
  revision: appliedPlatform ?? 0,
});

/**
 * Counts devices at each decision that they enforce from now on, with how long after its signing that is. Of decisions of
 * before its enrolment a device tells nothing. Whoever calls moves the devices in the same transaction and holds their rows, so that
 * each is counted once.
 */
export async function noteFirstApplied(db: Database, moved: readonly Moved[], at: Date): Promise<void> {
  const reached = await findReached(db, moved, at);
  if (reached.length === 0) return;
  const nothing = { devices: 0, lastAt: at, delays: packHistogram(new Map()) };
  // In the order of the key, so that no two transactions wait for each other.
  const positions = reached.map(({ epoch, revision }) => ({ epoch, revision })).sort(comparePositions);
  const rows = positions.map((position) => ({ ...position, ...nothing }));
  await insertRows(db, appliedRevisions, rows, sql`on conflict do nothing`);
  const known = await db
    .select()
    .from(appliedRevisions)
    .where(isAnyOf(appliedRevisions, ["epoch", "revision"], positions))
    .orderBy(appliedRevisions.epoch, appliedRevisions.revision)
    .for("update");
  await updateRows(
    db,
    appliedRevisions,
    known.flatMap((row) => {
      const own = reached.find((one) => isSamePosition(one, row));
      if (own === undefined) return [];
      const { epoch, revision, devices: more, delayMs } = own;
      const delays = unpackHistogram(row.delays);
      for (let nth = 0; nth < more; nth += 1) enter(delays, delayMs);
      const lastAt = row.lastAt > at ? row.lastAt : at;
      return [{ epoch, revision, devices: addSaturating(row.devices, more), lastAt, delays: packHistogram(delays) }];
    }),
  );
}

async function findReached(db: Database, moved: readonly Moved[], at: Date): Promise<Reached[]> {
  const ahead = moved
    .map(({ was, is }) => ({ from: positionOf(was), to: positionOf(is), enrolledAt: is.enrolledAt }))
    .filter(({ from, to }) => isNewerPosition(to, from));
  const [least] = ahead.map(({ from }) => from).sort(comparePositions);
  const most =
    ahead
      .map(({ to }) => to)
      .sort(comparePositions)
      .at(-1) ?? NO_POSITION;
  if (least === undefined) return [];
  const decided = await decidedBetween(db, least, most, DECISIONS_MAX);
  return decided.flatMap(({ epoch, revision, createdAt }) => {
    const position = { epoch, revision };
    const devices = ahead.filter(
      ({ from, to, enrolledAt }) =>
        isNewerPosition(position, from) && !isNewerPosition(position, to) && enrolledAt <= createdAt,
    ).length;
    return devices === 0 ? [] : [{ ...position, devices, delayMs: Math.max(0, at.getTime() - createdAt.getTime()) }];
  });
}
