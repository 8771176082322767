import { and, asc, eq, gt, inArray, notExists } from "drizzle-orm";
import { deviceMinutes, lateMinutes, telemetrySources } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import { invariant } from "@/lib/platform/errors";
import { takeFoldLock } from "./fold-lock";

export type SourceKey = Omit<typeof telemetrySources.$inferSelect, "id">;

const KEY = ["deviceId", "appId", "versionCode", "runtimeKind", "labels"] as const;
const textOf = (key: SourceKey): string => JSON.stringify(KEY.map((name) => key[name]));

/** What numbers are read with, and those written that are not there yet: alone, or inside a transaction of others. */
export type Numbering = { db: Database; insert(keys: readonly SourceKey[]): Promise<unknown> };

const insertInto = (db: Database, keys: readonly SourceKey[]) =>
  db
    .insert(telemetrySources)
    .values([...keys])
    .onConflictDoNothing();

/** Numbers sources in a transaction of its own where one is new. */
export const numberingOf = (store: Store): Numbering => ({
  db: store.db,
  insert: (keys) => store.transaction(({ db }) => insertInto(db, keys)),
});
export const numberingIn = ({ db }: Transaction): Numbering => ({ db, insert: (keys) => insertInto(db, keys) });

/** The number of each source, made where it is new. Keys may repeat. */
export async function numberSources(
  { db, insert }: Numbering,
  keys: readonly SourceKey[],
): Promise<(key: SourceKey) => number> {
  const wanted = new Map(keys.map((key) => [textOf(key), key]));
  const numbers = new Map<string, number>();
  const read = async () => {
    const deviceIds = [...new Set(keys.map(({ deviceId }) => deviceId))];
    const rows = await db.select().from(telemetrySources).where(inArray(telemetrySources.deviceId, deviceIds));
    for (const row of rows) numbers.set(textOf(row), row.id);
  };
  if (wanted.size > 0) await read();
  const missing = [...wanted].filter(([text]) => !numbers.has(text)).map(([, key]) => key);
  if (missing.length > 0) {
    await insert(missing);
    await read();
  }
  return (key) => {
    const found = numbers.get(textOf(key));
    invariant(found !== undefined, "a source that was written is there");
    return found;
  };
}

/** Looked at in one transaction, so that none holds an embedded store for long. */
const SOURCES_A_TURN = 500;

/**
 * Forgets sources that no minute names any more, a part at a time. Behind the lock of folding: nobody else numbers a source, and
 * what still waits to be folded makes its own again. What another process' folding leaves undone is done at the next call.
 */
export async function forgetSources(store: Store): Promise<void> {
  const { id } = telemetrySources;
  for (let after = 0; ; ) {
    const part = await store.db
      .select({ id })
      .from(telemetrySources)
      .where(gt(id, after))
      .orderBy(asc(id))
      .limit(SOURCES_A_TURN);
    const last = part.at(-1);
    if (last === undefined) return;
    const ids = part.map((row) => row.id);
    await store.transaction(async ({ db }) => {
      if (!(await takeFoldLock(db, store.kind))) return;
      const named = [deviceMinutes, lateMinutes].map((minutes) =>
        notExists(db.select({ source: minutes.source }).from(minutes).where(eq(minutes.source, id))),
      );
      await db.delete(telemetrySources).where(and(inArray(id, ids), ...named));
    });
    after = last.id;
  }
}
