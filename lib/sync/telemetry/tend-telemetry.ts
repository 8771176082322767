import { lt, sql } from "drizzle-orm";
import { dropDay, listPastDays, PARTITIONED_NAMES } from "@/db/partitions";
import { detailDays, telemetryMinutes } from "@/db/schema";
import type { Store } from "@/db/store";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { foldDetailDays } from "./fold-detail-days";
import type { FoldContext } from "./fold-lock";
import { foldMinutes } from "./fold-minutes";
import { forgetSources } from "./sources";

/** Turns of one call, so that a process that is told to stop waits for few of them. */
const TURNS_A_CALL = 40;

/**
 * Folds what is due, a turn at a time, so that what is more urgent never waits for all of it. Answers whether some may be
 * left; false too where another process does it.
 */
export async function foldTelemetry(store: Store, ctx: FoldContext): Promise<boolean> {
  const tended = store.in("tend");
  for (let turn = 0; turn < TURNS_A_CALL; turn += 1) {
    const isDone = (await foldMinutes(tended, ctx)) === 0 && !(await foldDetailDays(tended, ctx));
    if (isDone && turn > 0) await reuseRoom(tended);
    if (isDone) return false;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return true;
}

/**
 * Gives the room of rows that were folded back to those to come: nothing vacuums an embedded store by itself. The table is small
 * whenever nothing is left to fold, and so is the work.
 */
async function reuseRoom({ kind, db }: Store): Promise<void> {
  if (kind === "pglite") await db.execute(sql`vacuum ${telemetryMinutes}`);
}

/**
 * Drops the days of telemetry that are past their time (`lib/domain/measures/retention.ts`), each in a transaction of its own;
 * behind folding, so that nothing is dropped that something still to be folded belongs to.
 */
export async function dropPastDays(store: Store, { clock }: FoldContext): Promise<void> {
  const tended = store.in("tend");
  const nowMs = clock.nowMs();
  for (const relation of PARTITIONED_NAMES) {
    for (const day of await listPastDays(tended.db, relation, nowMs)) await dropDay(tended, relation, day);
  }
  await forgetSources(tended);
  const over = new Date(nowMs - KEPT_MS.hours - 86_400_000);
  await tended.transaction(({ db }) => db.delete(detailDays).where(lt(detailDays.day, over)));
}
