import { sql } from "drizzle-orm";
import { TABLES } from "../journal/journaled-tables";
import { isPartitioned, makeDay } from "../partitions";
import { rowsOf } from "../rows";
import type { Database, Store, Transaction } from "../store";
import { noteCounting } from "./last-counted";
import { countRowsAside } from "./rows-aside";

/** A table of figures, or one day of it, that cannot be read, and what the database says of it. */
export type BrokenFigures = { relation: string; day: string | null; says: string };

/** Blocks of 8 KiB that one statement reads: what the database does at once is short. */
const BLOCKS_A_PART = 32;
const BLOCK_BYTES = 8_192;
/** Postgres' words for a page or an index that is not what was written. */
const DAMAGE = /^XX00[12]$/;

const FIGURES = [...TABLES.values()].flatMap(({ relation, treatment }) =>
  treatment.keep === "nothing" && treatment.onDamage === "set-aside" ? [relation] : [],
);

type Heap = { relation: string; day: string | null; bytes: number };

/**
 * Reads every row of the tables that the journal does not keep and a store goes on without, a few at a time in the lane of
 * what is least urgent, and what the two ends of each of their indexes lead to: so a file that was cut off, which reads as
 * a shorter table, is found too where one of these rows was in what is gone. Answers with those that are damaged; raises
 * what else the store says.
 */
export async function findBrokenFigures(store: Store): Promise<BrokenFigures[]> {
  const tend = store.in("tend");
  const { db } = tend;
  const heaps = await rowsOf<Heap>(
    db,
    sql`select coalesce(parent.relname, c.relname) as relation,
          case when parent.oid is null then null else c.relname end as day,
          pg_relation_size(c.oid)::float8 as bytes
        from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = i.inhparent
        where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'days'::regnamespace)
          and coalesce(parent.relname, c.relname) in ${FIGURES} order by 1, 2`,
  );
  const broken: BrokenFigures[] = [];
  for (const heap of heaps) {
    const says = (await readHeap(db, heap)) ?? (await readEnds(tend, heap));
    if (says !== null) broken.push({ relation: heap.relation, day: heap.day, says });
  }
  return broken;
}

const nameOf = ({ relation, day }: Pick<BrokenFigures, "relation" | "day">) =>
  day === null ? `"public"."${relation}"` : `"days"."${day}"`;

function readHeap(db: Database, heap: Heap): Promise<string | null> {
  const blocks = Math.ceil(heap.bytes / BLOCK_BYTES);
  return damageOf(async () => {
    for (let from = 0; from < blocks; from += BLOCKS_A_PART) {
      const [first, end] = [`(${from},0)`, `(${from + BLOCKS_A_PART},0)`];
      // As text, so that every column of every row is read.
      await rowsOf(
        db,
        sql`select count(t::text)::float8 as count from ${sql.raw(nameOf(heap))} t
            where ctid >= ${first}::tid and ctid < ${end}::tid`,
      );
    }
  });
}

/** Follows the first and the last entry of every index that has all rows, one index at a time. */
function readEnds(store: Store, heap: Heap): Promise<string | null> {
  return damageOf(async () => {
    const indexes = await rowsOf<{ first: string; last: string }>(
      store.db,
      sql`select string_agg(pg_get_indexdef(i.indexrelid, k, true), ', ' order by k) as first,
            string_agg(pg_get_indexdef(i.indexrelid, k, true) || ' desc', ', ' order by k) as last
          from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam,
            generate_series(1, i.indnkeyatts) k
          where i.indrelid = ${nameOf(heap)}::regclass and i.indpred is null and a.amname = 'btree'
            and 0 = all(i.indoption)
          group by i.indexrelid`,
    );
    for (const { first, last } of indexes) {
      await store.transaction(async ({ db }) => {
        await db.execute(sql`set local enable_seqscan = off`);
        await db.execute(sql`set local enable_bitmapscan = off`);
        await db.execute(sql`set local enable_sort = off`);
        for (const order of [first, last]) {
          const end = sql.raw(`select * from ${nameOf(heap)} order by ${order} limit 1`);
          await rowsOf(db, sql`select count(t::text)::float8 as count from (${end}) t`);
        }
      });
    }
  });
}

/** What the database says of a damage that some work meets; null where it meets none. */
async function damageOf(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const damage = damageIn(error);
    if (damage === null) throw error;
    return damage;
  }
}

/** What the database says of a damage, in a chain of causes; null where it is something else. */
function damageIn(raised: unknown): string | null {
  for (let link = raised; link instanceof Error; link = link.cause) {
    if ("code" in link && DAMAGE.test(String(link.code))) return link.message;
  }
  return null;
}

/**
 * Puts a broken table, or one day of it, aside, under `set_aside` in the same database, and an empty one in its place.
 * Answers with the name that it has there.
 */
export async function setFiguresAside({ db }: Transaction, broken: BrokenFigures, at: Date): Promise<string> {
  const { relation, day } = broken;
  const stamp = at.toISOString().replace(/\D/g, "").slice(0, 14);
  const aside = `${day ?? relation}_${stamp}`;
  const run = (statement: string) => db.execute(sql.raw(statement));
  // Whoever read of it to count more reads anew.
  await noteCounting(db);
  await run("create schema if not exists set_aside");
  if (day !== null) {
    if (!isPartitioned(relation)) throw new Error(`${relation} has no days`);
    await run(`alter table "public"."${relation}" detach partition "days"."${day}"`);
    await moveAside(run, { from: "days", name: day, aside });
    await run(makeDay(relation, Date.parse(day.slice(-8).replace(/(....)(..)(..)/, "$1-$2-$3"))));
    return aside;
  }
  const indexes = await rowsOf<{ definition: string }>(
    db,
    sql`select case when k.oid is null then pg_get_indexdef(i.indexrelid)
          else format('alter table "public".%I add constraint %I %s', ${relation}::text, k.conname, pg_get_constraintdef(k.oid)) end
          as definition
        from pg_index i left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
        where i.indrelid = ${`public.${relation}`}::regclass`,
  );
  await moveAside(run, { from: "public", name: relation, aside });
  await run(`create table "public"."${relation}" (like "set_aside"."${aside}" including all excluding indexes)`);
  for (const { definition } of indexes) await run(definition);
  // Minutes that are there name their source by number: a number is never given twice.
  if (relation === "telemetry_sources") {
    await run(
      `select setval(pg_get_serial_sequence('telemetry_sources', 'id'), (select coalesce(max(source), 0) + 1 from (select source from device_minutes union all select source from late_minutes) told), false)`,
    );
  }
  return aside;
}

async function moveAside(
  run: (statement: string) => Promise<unknown>,
  { from, name, aside }: { from: string; name: string; aside: string },
): Promise<void> {
  await run(`alter table "${from}"."${name}" set schema "set_aside"`);
  await run(`alter table "set_aside"."${name}" rename to "${aside}"`);
}

/** The tables that were put aside and are still there, by name, and how many rows alone of which. */
export async function listFiguresAside(db: Database): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    db,
    sql`select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'set_aside' and c.relkind = 'r' and c.relname <> 'rows' order by 1`,
  );
  return [...rows.map(({ name }) => name), ...(await countRowsAside(db))];
}

/** Drops all that was put aside, for good. Answers with what it was, as `listFiguresAside` tells it. */
export async function dropFiguresAside(store: Store): Promise<string[]> {
  return await store.transaction(async ({ db }) => {
    const aside = await listFiguresAside(db);
    await db.execute(sql`drop schema if exists "set_aside" cascade`);
    return aside;
  });
}
