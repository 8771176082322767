import { lt } from "drizzle-orm";
import { dropDay, listPastDays, PARTITIONED_NAMES } from "@/db/partitions";
import { detailDays } from "@/db/schema";
import type { Store } from "@/db/store";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { foldDetailDays } from "./fold-detail-days";
import type { FoldContext } from "./fold-lock";
import { foldMinutes } from "./fold-minutes";

/**
 * Folds whatever is due, a turn at a time, so that what is more urgent never waits for all of it. Answers when nothing is
 * left, or another process does it.
 */
export async function foldTelemetry(store: Store, ctx: FoldContext): Promise<void> {
  const tended = store.in("tend");
  while ((await foldMinutes(tended, ctx)) > 0) await nextTurn();
  while (await foldDetailDays(tended, ctx)) await nextTurn();
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

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
  const over = new Date(nowMs - KEPT_MS.hours - 86_400_000);
  await tended.transaction(({ db }) => db.delete(detailDays).where(lt(detailDays.day, over)));
}
