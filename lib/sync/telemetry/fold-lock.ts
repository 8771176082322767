import { sql } from "drizzle-orm";
import { rowsOf } from "@/db/rows";
import type { Database } from "@/db/store";
import type { SyncContext } from "../context";

export type FoldContext = Pick<SyncContext, "clock" | "ids">;

/** Whoever folds holds it, so that of several processes one does. */
const FOLD_LOCK = 4_801_977_214;

/** False where another transaction has it. Released with the transaction. */
export async function takeFoldLock(db: Database): Promise<boolean> {
  const [row] = await rowsOf<{ taken: boolean }>(
    db,
    sql`select pg_try_advisory_xact_lock(${sql.raw(String(FOLD_LOCK))}) as taken`,
  );
  return row?.taken === true;
}
