import type { MessagePort } from "node:worker_threads";
import type { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "@/lib/platform/errors";
import { openStore } from "../open-store";
import { PARSERS } from "../pglite/create-pglite-connection";
import { rowsOf } from "../rows";
import { publishers } from "../schema";
import type { Announcement, Store } from "../store";
import { pgliteSeed } from "../testing/pglite-seed";
import { openStoreInWorker, type StoreInWorker, type StoreInWorkerOptions } from "./open-store-in-worker";
import { eachOf, type Posted } from "./outbox";
import { createStoreClient } from "./store-client";
import type { Connected, Question, Told } from "./wire";

const logger = () => undefined;
const createdAt = new Date("2026-01-01T00:00:00Z");
const open = async (more: Partial<StoreInWorkerOptions> = {}) =>
  openStoreInWorker({ location: { kind: "memory" }, seed: await pgliteSeed(), logger, ...more });
const clientOf = (opened: StoreInWorker) => createStoreClient(opened.connect(), { logger });
const add = (store: Store, id: string) =>
  store.transaction(async (tx) => {
    await tx.db.insert(publishers).values({ id, name: id, createdAt });
    tx.announce({ topic: "publishers" });
  });
const ids = async (store: Store) => (await store.db.select().from(publishers)).map(({ id }) => id).sort();

/** A client that speaks for itself, and so can stop in the middle. */
async function bareClient(opened: StoreInWorker) {
  const port = opened.connect();
  const line = await new Promise<MessagePort>((resolve) => {
    port.on("message", (told: Connected) => "connected" in told && resolve(told.connected));
  });
  const waiting = new Map<number, (told: Told) => void>();
  line.on("message", (posted: Posted<Told>) => {
    for (const told of eachOf(posted)) if ("id" in told) waiting.get(told.id)?.(told);
  });
  let asked = 0;
  return {
    line,
    ask: (question: Question) =>
      new Promise<Told>((resolve) => {
        asked += 1;
        waiting.set(asked, resolve);
        line.postMessage({ ...question, id: asked });
      }),
  };
}
const insert = (id: string) => ({
  sql: "insert into publishers (id, name, created_at) values ($1, $1, now())",
  params: [id],
  rowMode: "object" as const,
});

describe("a store in a thread of its own", () => {
  let opened: StoreInWorker;
  let here: Store;
  beforeAll(async () => {
    opened = await open();
    here = (await openStore({ location: { kind: "memory" }, seed: await pgliteSeed(), logger })).store;
  });
  afterAll(async () => {
    await opened.store.close();
    await here.close();
  });

  it("gives every type of value back as a store in this thread does", async () => {
    const large = Buffer.alloc(200_000, 7);
    const statement = sql`select 1::int4 as i4, 5::int8 as i8, 9007199254740993::int8 as i8_large, 1.50::numeric as num, 0.25::float8 as f8,
      true as yes, null::text as nothing, 'a''b'::text as words, timestamptz '2026-03-01 12:34:56.789Z' as at,
      timestamp '2026-03-01 12:34:56' as local, date '2026-03-01' as day, interval '1 day 2 hours' as span,
      '{"a": [1, "12", null, {"deep": true}]}'::jsonb as b, '"12"'::json as j, '\\x00ff5c'::bytea as bytes, ${large}::bytea as large,
      array[1, 2]::int4[] as ints, array['a', null]::text[] as texts, array[timestamptz '2026-03-01Z'] as instants, B'101' as bits,
      array[1.5]::numeric[] as nums`;
    const [there] = await rowsOf(opened.store.db, statement);
    const [same] = await rowsOf(here.db, statement);
    expect(there).toEqual(same);
    expect(there).toMatchObject({ i8_large: 9007199254740993n, at: "2026-03-01 12:34:56.789+00" });
    expect(Buffer.from(there?.large as Uint8Array).equals(large)).toBe(true);
  });

  it("reads the same types from text that drizzle does, which cannot send its functions along", async () => {
    let named: Record<string, (value: string) => unknown> = {};
    const client = {
      async query(_: string, __: unknown[], options: { parsers: typeof named }) {
        named = options.parsers;
        return { rows: [] };
      },
    };
    await drizzle(client as unknown as PGlite).execute(sql`select 1`);
    expect(Object.keys(named)).toEqual(Object.keys(PARSERS));
    for (const parse of Object.values(named)) expect(parse("2026-03-01")).toBe("2026-03-01");
  });

  it("raises what the database said: SQLSTATE, constraint, and no value of the statement", async () => {
    await add(opened.store, "pub_once");
    const failure: unknown = await add(opened.store, "pub_once").catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { code: "23505", severity: "ERROR", constraint: "publishers_pkey" } });
    expect(Object.keys((failure as Error).cause as Error)).not.toContain("params");
    await expect(opened.store.db.execute(sql`select 1 / 0`)).rejects.toMatchObject({ cause: { code: "22012" } });
  });

  it("raises for a value that cannot cross to another thread, and goes on", async () => {
    const failing = opened.store.transaction(({ db }) => db.execute(sql`select ${() => 1}`));
    await expect(failing).rejects.toThrow(/could not be cloned|A statement failed/);
    expect(await ids(opened.store)).toContain("pub_once");
  });

  it("keeps one client's transaction from every other until it is committed, and tells all of them then", async () => {
    const [one, other] = [clientOf(opened), clientOf(opened)];
    const heard: Announcement[] = [];
    const told = new Promise<void>((resolve) => {
      other.subscribe((announcement) => {
        heard.push(announcement);
        resolve();
      });
    });
    let seen: Promise<string[]> = Promise.resolve([]);
    await one.transaction(async (tx) => {
      await tx.db.insert(publishers).values({ id: "pub_two", name: "Two", createdAt });
      tx.announce({ topic: "publishers" });
      // It waits, and must not see half of it.
      seen = ids(other);
      await tx.db.update(publishers).set({ id: "pub_2" }).where(sql`id = 'pub_two'`);
    });
    expect(await seen).toContain("pub_2");
    expect(await seen).not.toContain("pub_two");
    await told;
    expect(heard).toEqual([{ topic: "publishers" }]);
    await one.close();
    await expect(one.db.select().from(publishers)).rejects.toMatchObject({ code: "unavailable" });
    expect(await ids(other)).toContain("pub_2");
    await other.close();
  });

  it("takes back what a client wrote that is gone before its commit", async () => {
    const { line, ask } = await bareClient(opened);
    await ask({ ask: "begin", lane: "page", transaction: 1 });
    expect(await ask({ ask: "statement", transaction: 1, statement: insert("pub_half") })).toMatchObject({ value: {} });
    line.close();
    expect(await ids(opened.store)).not.toContain("pub_half");
  });

  it("keeps nobody waiting for a client that is gone while it waited", async () => {
    const { line, ask } = await bareClient(opened);
    await opened.store.transaction(async ({ db }) => {
      await db.execute("select 1");
      void ask({ ask: "begin", lane: "decide", transaction: 1 });
      line.close();
    });
    expect(await ids(opened.store)).toContain("pub_once");
  });

  it("passes an error of our own through as it was", async () => {
    const failure = new AppError("conflict", "No.", { details: [{ path: "/a", code: "B", message: "c" }] });
    await expect(opened.store.transaction(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it("says how long each kind of work took, and what waits", async () => {
    const { lanes, jobs, reopened } = await opened.store.figures();
    expect(lanes.map(({ lane }) => lane)).toEqual(["decide", "sign-in", "page", "ingest", "tend"]);
    const kinds = jobs.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["select publishers", "transaction: insert publishers"]));
    expect(reopened).toEqual({ times: 0, last: null });
  });
});

describe("a client that says nothing in its transaction", () => {
  it("loses it where others wait, is told so, and can begin another one", async () => {
    const opened = await open({ silentMsMax: 100 });
    const { line, ask } = await bareClient(opened);
    await ask({ ask: "begin", lane: "page", transaction: 1 });
    await ask({ ask: "statement", transaction: 1, statement: insert("pub_silent") });
    expect(await ids(opened.store)).not.toContain("pub_silent");
    const late = await ask({ ask: "commit", transaction: 1, announcements: [] });
    expect(late).toMatchObject({ error: { app: { code: "unavailable" } } });
    await ask({ ask: "begin", lane: "page", transaction: 2 });
    await ask({ ask: "statement", transaction: 2, statement: insert("pub_quick") });
    await ask({ ask: "commit", transaction: 2, announcements: [] });
    expect(await ids(opened.store)).toEqual(["pub_quick"]);
    line.close();
    await opened.store.close();
  });
});

describe("a client that is long in its transaction, however busy", () => {
  it("keeps it while nobody waits, and loses it where others do", async () => {
    const opened = await open({ transactionMsMax: 0 });
    const { line, ask } = await bareClient(opened);
    await ask({ ask: "begin", lane: "page", transaction: 1 });
    await ask({ ask: "statement", transaction: 1, statement: insert("pub_alone") });
    await ask({ ask: "commit", transaction: 1, announcements: [] });
    await ask({ ask: "begin", lane: "page", transaction: 2 });
    const waiting = ids(opened.store);
    let answer: Told = await ask({ ask: "statement", transaction: 2, statement: insert("pub_0") });
    for (let n = 1; "value" in answer; n += 1) {
      answer = await ask({ ask: "statement", transaction: 2, statement: insert(`pub_${n}`) });
    }
    expect(answer).toMatchObject({ error: { app: { code: "unavailable", retryAfterSeconds: 1 } } });
    expect(await waiting).toEqual(["pub_alone"]);
    expect(await opened.store.figures()).toMatchObject({ takenBack: 1 });
    line.close();
    await opened.store.close();
  });
});

describe("a lane that is full", () => {
  it("refuses at once and says when to come again, while the others are served", async () => {
    const bound = { jobsMax: 1, bytesMax: 1_000_000, waitMsMax: 60_000, retryAfterSeconds: 7 };
    const bounds = { decide: bound, "sign-in": bound, page: bound, ingest: bound, tend: bound };
    const opened = await open({ bounds });
    const { store } = opened;
    const other = clientOf(opened);
    let waiting: Promise<string[]> = Promise.resolve([]);
    await store.transaction(async ({ db }) => {
      await db.execute("select 1");
      waiting = ids(other.in("ingest"));
      await expect(ids(other.in("ingest"))).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 7 });
    });
    expect(await waiting).toEqual([]);
    const { lanes } = await store.figures();
    expect(lanes.find(({ lane }) => lane === "ingest")?.refused).toBe(1);
    await store.close();
  });
});
