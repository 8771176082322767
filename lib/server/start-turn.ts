import { sql } from "drizzle-orm";
import { rowsOf } from "@/db/rows";
import type { Store, Transaction } from "@/db/store";
import { AppError } from "@/lib/platform/errors";

/** Any constant: of several processes that start at once on one store, one makes what is not there yet. */
const START_LOCK = 7_261_005;
const LOOK_MS = 500;
/** Two minutes: a first start makes keys, and a busy machine takes its time for that. */
const LOOKS_MAX = 240;
const SAY_EVERY_LOOKS = 20;

export type StartTurnPorts = {
  pause(ms: number): Promise<unknown>;
  /** Called when it has to wait, and every ten seconds of that. */
  onWaiting(forSeconds: number): void;
};

/**
 * Runs `work` in one transaction, alone among the processes that start on this store; others wait their turn, by looking
 * and not in the database, whose locks are waited for less long. Raises `unavailable` where it has not come in two minutes.
 */
export async function inStartTurn<T>(
  store: Store,
  work: (tx: Transaction) => Promise<T>,
  { pause, onWaiting }: StartTurnPorts,
): Promise<T> {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const done = await store.transaction(async (tx) => {
      const [row] = await rowsOf<{ taken: boolean }>(
        tx.db,
        sql`select pg_try_advisory_xact_lock(${sql.raw(String(START_LOCK))}) as taken`,
      );
      return row?.taken === true ? { value: await work(tx) } : null;
    });
    if (done !== null) return done.value;
    if (looks % SAY_EVERY_LOOKS === 0) onWaiting((looks * LOOK_MS) / 1000);
    await pause(LOOK_MS);
  }
  throw new AppError(
    "unavailable",
    `Another process has been starting on this store for ${(LOOKS_MAX * LOOK_MS) / 1000} s.\nLook at that process, or end it; then start again. What it had not finished is taken back.`,
  );
}
