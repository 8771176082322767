import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { dropDay, listPastDays, PARTITIONED_NAMES, type Partitioned } from "@/db/partitions";
import { detailDays, seenCauses, telemetryMinutes, unlistedMinutes } from "@/db/schema";
import type { Database, Store } from "@/db/store";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { RowsFailed } from "./fold-around-rows";
import { foldDetailDays } from "./fold-detail-days";
import type { FoldContext } from "./fold-lock";
import { type FoldWork, foldMinutes } from "./fold-minutes";
import { forgetSources } from "./sources";
import { nextTurn } from "./turn-size";

/** Increments of one turn. */
const FOLDED = { least: 64, most: 4_000 } as const;
/** Few, as nothing is known of a turn before the first one, which is the slowest. */
const FOLDED_FIRST = 32;
/** Turns of one call, so that a process that is told to stop waits for few of them. */
const TURNS_A_CALL = 40;
const DAY_MS = 86_400_000;
/** Of one transaction, so that none holds an embedded store for long. */
const FORGOTTEN_A_TURN = 1_000;

/** How many increments the next turn takes: what was learned of it lasts from call to call. */
export type FoldTurns = { size: number };
export const newFoldTurns = (): FoldTurns => ({ size: FOLDED_FIRST });

/**
 * Folds what is due, a turn at a time, so that what is more urgent never waits for all of it. Answers whether some may be
 * left; false too where another process does it. Throws what a turn failed with: the next takes half as much, as it may be
 * that this was too much for its time. Where it was one increment by what it is, smaller turns find it, and it alone is put aside.
 */
export async function foldTelemetry(
  store: Store,
  ctx: FoldContext,
  turns: FoldTurns = newFoldTurns(),
): Promise<boolean> {
  const tended = store.in("tend");
  // At each call, whether there is anything to fold yet or not: all that came in a long time, at once, takes long.
  if (await isAnyWaiting(tended)) await reuseRoom(tended);
  for (let turn = 0; turn < TURNS_A_CALL; turn += 1) {
    const work = await foldTurn(tended, ctx, turns);
    const isDone = work === null && !(await foldDetailDays(tended, ctx));
    if (isDone && turn > 0) await reuseRoom(tended);
    if (isDone) return false;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await reuseRoom(tended);
  return true;
}

async function foldTurn(store: Store, ctx: FoldContext, turns: FoldTurns): Promise<FoldWork | null> {
  const { size } = turns;
  turns.size = Math.max(1, Math.floor(size / 2));
  const work = await foldMinutes(store, ctx, size).catch((error: unknown) => {
    if (!(error instanceof RowsFailed)) throw error;
    ctx.logger("warn", "fold_turn_failed", { size, error });
    return "failed" as const;
  });
  if (work === "failed") return { rows: 0, heldMs: 0 };
  const bounds = { least: Math.min(FOLDED.least, size * 2), most: FOLDED.most, kind: store.kind };
  turns.size = work === null ? size : nextTurn(size, work, bounds);
  return work;
}

/**
 * Gives the room of rows that were folded back to those to come: nothing vacuums an embedded store by itself, and where much waits
 * each turn would begin by walking past all that is gone.
 */
async function reuseRoom({ kind, db }: Store): Promise<void> {
  if (kind === "pglite") await db.execute(sql`vacuum ${telemetryMinutes}`);
}

const isAnyWaiting = async ({ db }: Store): Promise<boolean> =>
  (await db.select({ at: telemetryMinutes.at }).from(telemetryMinutes).limit(1)).length > 0;

/**
 * Drops the days of telemetry that are past their time (`lib/domain/measures/retention.ts`), each in a transaction of its own.
 * A day of minutes waits until nothing is left to fold that belongs to it or to a day before; late increments never do.
 */
export async function dropPastDays(store: Store, { clock }: FoldContext): Promise<void> {
  const tended = store.in("tend");
  const nowMs = clock.nowMs();
  for (const relation of PARTITIONED_NAMES) {
    for (const day of await listPastDays(tended.db, relation, nowMs)) {
      if (!(await isAwaited(tended.db, relation, day))) await dropDay(tended, relation, day);
    }
  }
  await forgetSources(tended);
  while (await forgetUnlisted(tended, new Date(nowMs - KEPT_MS.unlisted - DAY_MS)));
  while (await forgetCauses(tended, new Date(nowMs - KEPT_MS.causes - DAY_MS)));
  const over = new Date(nowMs - KEPT_MS.hours - DAY_MS);
  await tended.transaction(({ db }) => db.delete(detailDays).where(lt(detailDays.day, over)));
}

/** Whether something is still to be folded into this day of minutes, or into one before. */
async function isAwaited(db: Database, relation: Partitioned, day: number): Promise<boolean> {
  if (relation !== "device_minutes" && relation !== "fleet_minutes") return false;
  const { at, late } = telemetryMinutes;
  const isDue = and(lt(at, new Date((day + 1) * DAY_MS)), eq(late, 0));
  return (await db.select({ at }).from(telemetryMinutes).where(isDue).limit(1)).length > 0;
}

/** Forgets since when causes are known that were last told of before this instant: one turn. Answers whether some may be left. */
async function forgetCauses(store: Store, before: Date): Promise<boolean> {
  const isOver = lt(seenCauses.lastSeenAt, before);
  return await store.transaction(async ({ db }) => {
    const part = db.select({ ctid: sql`ctid` }).from(seenCauses).where(isOver).limit(FORGOTTEN_A_TURN);
    const gone = await db.delete(seenCauses).where(inArray(sql`ctid`, part)).returning({ cause: seenCauses.cause });
    return gone.length === FORGOTTEN_A_TURN;
  });
}

/** Forgets minutes of versions that were never listed, of days before this instant: one turn. Answers whether some may be left. */
async function forgetUnlisted(store: Store, before: Date): Promise<boolean> {
  const isOver = lt(unlistedMinutes.day, before);
  return await store.transaction(async ({ db }) => {
    const part = db.select({ ctid: sql`ctid` }).from(unlistedMinutes).where(isOver).limit(FORGOTTEN_A_TURN);
    const gone = await db
      .delete(unlistedMinutes)
      .where(inArray(sql`ctid`, part))
      .returning({ day: unlistedMinutes.day });
    return gone.length === FORGOTTEN_A_TURN;
  });
}
