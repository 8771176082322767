import { sql } from "drizzle-orm";
import { type LastCounted, noteCounting } from "@/db/figures/last-counted";
import { rowsOf } from "@/db/rows";
import type { Database, Store } from "@/db/store";
import type { SyncContext } from "../context";

export type FoldContext = Pick<SyncContext, "clock" | "ids" | "logger">;

/** Whoever folds holds it, so that of several processes one does. */
const FOLD_LOCK = 4_801_977_214;
/** Whoever folds holds it too, and whoever reads for a moment what is counted: one waits for the other, and neither is turned away. */
const COUNTS_LOCK = 4_801_977_215;

/**
 * False where another transaction folds, or on an embedded store, which has one at a time anyway, has counted since `last` where that is
 * told. Released with the transaction.
 */
export async function takeFoldLock(db: Database, kind: Store["kind"], last?: LastCounted): Promise<boolean> {
  if (kind === "pglite") {
    const was = await noteCounting(db);
    return last === undefined || was === last;
  }
  const [row] = await rowsOf<{ taken: boolean }>(
    db,
    sql`select pg_try_advisory_xact_lock(${sql.raw(String(FOLD_LOCK))}) as taken`,
  );
  if (row?.taken !== true) return false;
  await waitForCounts(db);
  return true;
}

/** Nothing is folded from here to the end of the transaction. */
export async function waitForCounts(db: Database): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${sql.raw(String(COUNTS_LOCK))})`);
}
