import { createHash } from "node:crypto";
import { and, count, eq, gt, inArray, lt, min, or, sql } from "drizzle-orm";
import { sessions, signInFailures } from "@/db/schema";
import type { Database, Store, Transaction } from "@/db/store";
import type { Clock } from "@/lib/platform/clock";
import { AppError } from "@/lib/platform/errors";
import type { Ids } from "@/lib/platform/ids";
import { addressBlock } from "./address-block";

const WINDOW_MS = 15 * 60 * 1000;
/** For so long after a sign-in from it an address is a usual one. */
const USUAL_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How many tries in 15 minutes each key bears that led nobody in. One account from one address costs the address five
 * of its tries and no more, since what is refused is not counted: a colleague who mistypes locks no office out. The
 * account's bound does not hold at usual addresses, so that nobody locks an account out of them from elsewhere.
 */
const TRIES_MAX = { pair: 5, account: 50, address: 300 } as const;
type KeyKind = keyof typeof TRIES_MAX;
type Keys = Record<KeyKind, string>;

/** Tells these locks from all others of the database. */
const LOCK_SPACE = 0x5167;

/** A try that was counted, and not judged yet. */
export type Attempt = { ids: readonly string[]; pairKey: string };
type ThrottleContext = { store: Pick<Store, "db" | "transaction">; clock: Clock; ids: Ids };

function keysOf(account: string, block: string): Keys {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
  return {
    pair: `pair:${digest(`${account.toLowerCase()}\n${block}`)}`,
    account: `account:${digest(account.toLowerCase())}`,
    address: `address:${digest(block)}`,
  };
}

/**
 * Counts a try before its password is looked at; check and count are one act, however many try at once. Raises
 * `limit_exceeded` with the seconds to wait where a key has no try left; such a try is not counted.
 */
export async function admitAttempt(context: ThrottleContext, account: string, address: string): Promise<Attempt> {
  const nowMs = context.clock.nowMs();
  const block = addressBlock(address);
  const keys = keysOf(account, block);
  // Whoever has to wait already takes no lock and no transaction.
  await requireTriesLeft(context.store.db, keys, block, nowMs);
  return context.store.transaction(async (tx) => {
    await lockKeys(tx, keys);
    await requireTriesLeft(tx.db, keys, block, nowMs);
    const rows = Object.values(keys).map((key) => ({ id: context.ids.next("event"), key, at: new Date(nowMs) }));
    await tx.db.insert(signInFailures).values(rows);
    return { ids: rows.map(({ id }) => id), pairKey: keys.pair };
  });
}

/** Takes a try back whose password was never looked at. */
export async function forgetAttempt(store: Pick<Store, "transaction">, attempt: Attempt): Promise<void> {
  await store.transaction(({ db }) => db.delete(signInFailures).where(inArray(signInFailures.id, [...attempt.ids])));
}

/** After a sign-in: this try counts nowhere, and what was mistyped before it not for this account from this address. */
export async function clearAttempts(db: Database, attempt: Attempt): Promise<void> {
  await db
    .delete(signInFailures)
    .where(or(inArray(signInFailures.id, [...attempt.ids]), eq(signInFailures.key, attempt.pairKey)));
}

/** Deletes the oldest of the tries that count no more, `most` at once. Answers how many there were. */
export async function forgetOldAttempts(db: Database, nowMs: number, most: number): Promise<number> {
  const { id, at } = signInFailures;
  const over = db
    .select({ id })
    .from(signInFailures)
    .where(lt(at, new Date(nowMs - WINDOW_MS)));
  const rows = await db
    .delete(signInFailures)
    .where(inArray(id, over.orderBy(at).limit(most)))
    .returning({ id });
  return rows.length;
}

async function requireTriesLeft(db: Database, keys: Keys, block: string, nowMs: number): Promise<void> {
  const counted = and(
    inArray(signInFailures.key, Object.values(keys)),
    gt(signInFailures.at, new Date(nowMs - WINDOW_MS)),
    // What a clock counted that was ahead holds nobody up for longer.
    lt(signInFailures.at, new Date(nowMs + WINDOW_MS)),
  );
  const rows = await db
    .select({ key: signInFailures.key, tries: count(), oldestAt: min(signInFailures.at) })
    .from(signInFailures)
    .where(counted)
    .groupBy(signInFailures.key);
  for (const [kind, key] of Object.entries(keys) as [KeyKind, string][]) {
    const row = rows.find((candidate) => candidate.key === key);
    if (row === undefined || row.tries < TRIES_MAX[kind]) continue;
    if (kind === "account" && (await isUsual(db, block, nowMs))) continue;
    const waitMs = (row.oldestAt?.getTime() ?? nowMs) + WINDOW_MS - nowMs;
    throw new AppError("limit_exceeded", "Too many failed sign-ins. Wait before the next try.", {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    });
  }
}

/**
 * Whether anybody signed in from there lately. Not asked of the account alone: then a stranger to it who shares the
 * address could tell which accounts are used there.
 */
async function isUsual(db: Database, block: string, nowMs: number): Promise<boolean> {
  const [session] = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(sql`${sessions.detail} ->> 'block' = ${block}`, gt(sessions.createdAt, new Date(nowMs - USUAL_MS))))
    .limit(1);
  return session !== undefined;
}

/** Tries that share an account or an address wait for each other; all take their locks in one order. */
async function lockKeys(tx: Transaction, keys: Keys): Promise<void> {
  const numbers = [keys.account, keys.address].map((key) => createHash("sha256").update(key).digest().readInt32BE(0));
  for (const number of numbers.sort((a, b) => a - b)) {
    await tx.db.execute(sql`select pg_advisory_xact_lock(${LOCK_SPACE}, ${number})`);
  }
}
