import { sql } from "drizzle-orm";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { rowsOf } from "./rows";
import type { Database, Store, Transaction } from "./store";

/**
 * Tables that are partitioned by day (UTC), and how long a day is kept after its end. A day is a table of the schema
 * `days`; there is no default partition, so that a row without its day is refused and never lost among others.
 */
export const PARTITIONED = {
  events: { by: "at", keptMs: KEPT_MS.events },
  telemetry_batches: { by: "received_at", keptMs: KEPT_MS.batches },
  device_minutes: { by: "at", keptMs: KEPT_MS.deviceMinutes },
  late_minutes: { by: "at", keptMs: KEPT_MS.lateMinutes },
  fleet_minutes: { by: "at", keptMs: KEPT_MS.fleetMinutes },
  hour_rollups: { by: "hour", keptMs: KEPT_MS.hours },
  hour_details: { by: "hour", keptMs: KEPT_MS.hours },
} as const;
export type Partitioned = keyof typeof PARTITIONED;
export const PARTITIONED_NAMES = Object.keys(PARTITIONED) as Partitioned[];
export const isPartitioned = (relation: string): relation is Partitioned => Object.hasOwn(PARTITIONED, relation);

const DAY_MS = 86_400_000;
/** Held while days are made or dropped, so that two processes never make the same one. */
const DAYS_LOCK = 4_801_977_213;

const dayOf = (atMs: number): number => Math.floor(atMs / DAY_MS);
const nameOf = (relation: Partitioned, day: number): string =>
  `${relation}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;

/** The days that this process knows to be there, by name; of a store, and of a test's transaction, its own. */
const known = new WeakMap<object, Set<string>>();

/**
 * Makes the days of these instants where they are not there yet, in a transaction of their own: a day is there before a
 * row of it is written, and whoever writes waits for nobody else's day.
 */
export async function keepDays(store: Store, relation: Partitioned, atMs: Iterable<number>): Promise<void> {
  const there = known.get(store.db) ?? new Set();
  known.set(store.db, there);
  const days = new Set([...atMs].map(dayOf));
  const missing = [...days].filter((day) => !there.has(nameOf(relation, day)));
  if (missing.length === 0) return;
  await store.transaction(({ db }) => makeDays(db, relation, missing));
  for (const day of missing) there.add(nameOf(relation, day));
}

/**
 * A transaction that writes rows of days that are kept. Where the database has no such day after all, as another process dropped
 * it, the days of that table are looked at again at the next try.
 */
export async function writeDays<T>(store: Store, work: (tx: Transaction) => Promise<T>): Promise<T> {
  try {
    return await store.transaction(work);
  } catch (error) {
    const relation = relationWithoutDay(error);
    const there = known.get(store.db) ?? [];
    for (const name of there) if (name.slice(0, -9) === relation) known.get(store.db)?.delete(name);
    throw error;
  }
}

/**
 * The table whose day is missing, in a chain of causes; undefined where it is something else. The database calls it a violated
 * check of that table and names none; its words are in the language of its server.
 */
function relationWithoutDay(raised: unknown): Partitioned | undefined {
  for (let link = raised; link instanceof Error; link = link.cause) {
    const said: Error & { code?: unknown; table?: unknown; constraint?: unknown } = link;
    const { code, table, constraint } = said;
    if (code !== "23514" || constraint !== undefined || typeof table !== "string") continue;
    if (isPartitioned(table)) return table;
  }
  return undefined;
}

/** Whether something failed because a day is not there: the next try makes it. */
export const isWithoutDay = (raised: unknown): boolean => relationWithoutDay(raised) !== undefined;

async function makeDays(db: Database, relation: Partitioned, days: readonly number[]): Promise<void> {
  const names = days.map((day) => nameOf(relation, day));
  const found = await rowsOf<{ name: string }>(
    db,
    sql`select relname as name from pg_class where relnamespace = 'days'::regnamespace and relname in ${names}`,
  );
  const there = new Set(found.map(({ name }) => name));
  const missing = days.filter((day) => !there.has(nameOf(relation, day)));
  if (missing.length === 0) return;
  await rowsOf(db, sql`select pg_advisory_xact_lock(${sql.raw(String(DAYS_LOCK))})::text as locked`);
  for (const day of missing) await db.execute(sql.raw(makeDay(relation, day * DAY_MS)));
}

/** The statement that makes the day of an instant. Names and instants are made here from a number, and stand in it as they are. */
export function makeDay(relation: Partitioned, atMs: number): string {
  const day = dayOf(atMs);
  const [from, to] = [day, day + 1].map((at) => new Date(at * DAY_MS).toISOString());
  return `create table if not exists "days"."${nameOf(relation, day)}" partition of "public"."${relation}" for values from ('${from}') to ('${to}')`;
}

/** Days of a table that are there, oldest first, by number since 1970. */
export async function listDays(db: Database, relation: Partitioned): Promise<number[]> {
  const rows = await rowsOf<{ name: string }>(
    db,
    sql`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = ${`public.${relation}`}::regclass order by 1`,
  );
  return rows.map(({ name }) => Date.parse(name.slice(-8).replace(/(....)(..)(..)/, "$1-$2-$3")) / DAY_MS);
}

/** Days of a table whose last instant is older than the table keeps. */
export async function listPastDays(db: Database, relation: Partitioned, nowMs: number): Promise<number[]> {
  const days = await listDays(db, relation);
  return days.filter((day) => (day + 1) * DAY_MS + PARTITIONED[relation].keptMs <= nowMs);
}

/** Drops one day with all of its rows; detached first, so that readers wait for a moment and not for the removal. */
export async function dropDay(store: Store, relation: Partitioned, day: number): Promise<void> {
  const name = `"days"."${nameOf(relation, day)}"`;
  await store.transaction(async ({ db }) => {
    await rowsOf(db, sql`select pg_advisory_xact_lock(${sql.raw(String(DAYS_LOCK))})::text as locked`);
    await db.execute(sql.raw(`alter table "public"."${relation}" detach partition ${name}`));
    await db.execute(sql.raw(`drop table ${name}`));
  });
  known.get(store.db)?.delete(nameOf(relation, day));
}
