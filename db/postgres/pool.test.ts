import { describe, expect, it } from "vitest";
import { LANES, type Lane } from "../store";
import { type FakeConnection, fakeConnection } from "../testing/fake-connection";
import { manualTime } from "../testing/manual-time";
import { createPool, type Lease, type Pool } from "./pool";

type Line = { event: string; fields: Record<string, unknown> };

function open(connectionsMax: number, connect: () => Promise<FakeConnection> = async () => fakeConnection()) {
  const time = manualTime();
  const made: FakeConnection[] = [];
  const lines: Line[] = [];
  const pool = createPool({
    ...time,
    connectionsMax,
    async connect() {
      const connection = await connect();
      made.push(connection);
      return connection;
    },
    logger: (_, event, fields = {}) => lines.push({ event, fields }),
  });
  const takeMany = (lane: Lane, count: number) => Promise.all(Array.from({ length: count }, () => pool.take(lane)));
  return { time, made, lines, pool, takeMany };
}

/** Whether it came free, seen after everything has had its turn. */
function watch(lease: Promise<Lease>) {
  const seen: { lease: Lease | null; error: unknown } = { lease: null, error: null };
  lease.then(
    (value) => {
      seen.lease = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

const figuresOf = (pool: Pool, named: Lane) => pool.figures().lanes.find(({ lane }) => lane === named);

describe("shares of a pool", () => {
  it.each([4, 5, 10, 20])("leave a decision a connection whatever else took what it could get, of %i", async (n) => {
    const { pool, time } = open(n);
    const others = LANES.filter((lane) => lane !== "decide");
    // Least urgent first: each takes all that it may have.
    const wanted = [...others].reverse().flatMap((lane) => Array<Lane>(n).fill(lane));
    const taken = wanted.map((lane) => watch(pool.take(lane)));
    await time.settle();
    expect(taken.filter(({ lease }) => lease !== null).length).toBeLessThan(n);
    const decision = watch(pool.take("decide"));
    await time.settle();
    expect(decision.lease).not.toBeNull();
  });

  it("leave what devices report and what the process does by itself less than half", async () => {
    const { pool, time } = open(10);
    for (const lane of ["tend", "ingest"] as const) for (let one = 0; one < 10; one += 1) watch(pool.take(lane));
    await time.settle();
    expect([figuresOf(pool, "tend"), figuresOf(pool, "ingest")]).toMatchObject([{ waiting: 8 }, { waiting: 8 }]);
    const page = watch(pool.take("page"));
    await time.settle();
    expect(page.lease).not.toBeNull();
  });

  it("serve the more urgent of those that wait, and one lane in the order in which they came", async () => {
    const { pool, time, takeMany } = open(5);
    const [first] = await takeMany("decide", 5);
    const order: string[] = [];
    for (const [lane, name] of [
      ["tend", "tend"],
      ["page", "page"],
      ["decide", "decide 1"],
      ["decide", "decide 2"],
    ] as const) {
      void pool.take(lane).then((lease) => {
        order.push(name);
        lease.giveBack();
      });
    }
    await time.settle();
    expect(order).toEqual([]);
    first?.giveBack();
    await time.settle();
    expect(order).toEqual(["decide 1", "decide 2", "page", "tend"]);
  });
});

describe("waiting for a connection", () => {
  it("ends after a time as unavailable, to be tried again, and is told once with what was refused", async () => {
    const { pool, time, lines, takeMany } = open(5);
    const leases = await takeMany("decide", 5);
    const waiting = [pool.take("page"), pool.take("page"), pool.take("ingest")].map(watch);
    await time.pass(4_999);
    expect(waiting.map(({ error }) => error)).toEqual([null, null, null]);
    expect(figuresOf(pool, "page")).toMatchObject({ waiting: 2, oldestWaitingMs: 4_999, refused: 0 });
    await time.pass(1);
    for (const { error } of waiting) expect(error).toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
    for (const lease of leases) lease.giveBack();
    expect(lines.map(({ event }) => event)).toEqual(["store_overloaded", "store_overload_over"]);
    expect(lines[1]?.fields.refused).toMatchObject({ page: 2, ingest: 1, decide: 0 });
    expect(figuresOf(pool, "page")).toMatchObject({ refused: 2, waiting: 0, oldestWaitingMs: 0 });
    expect(watch(pool.take("page")).error).toBeNull();
  });

  it("is refused at once where too many wait", async () => {
    const { pool, time, takeMany } = open(5);
    await takeMany("decide", 5);
    const waiting = Array.from({ length: 201 }, () => watch(pool.take("page")));
    await time.settle();
    expect(waiting.slice(0, 200).every(({ error }) => error === null)).toBe(true);
    expect(waiting[200]?.error).toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
    expect(figuresOf(pool, "page")?.refused).toBe(1);
  });
});

describe("a connection of the pool", () => {
  it("is used again, and never after it was lost", async () => {
    const { pool, made } = open(5);
    (await pool.take("page")).giveBack();
    const again = await pool.take("page");
    expect(made).toHaveLength(1);
    made[0]?.lose("ANSWER_TIMEOUT");
    await expect(again.query("select 1")).rejects.toMatchObject({ code: "ANSWER_TIMEOUT" });
    again.giveBack();
    await (await pool.take("page")).query("select 1");
    expect(made).toHaveLength(2);
  });

  it("takes the idle ones with it where its server refuses writes: the next one may reach another server", async () => {
    const { pool, made, takeMany } = open(10);
    for (const lease of await takeMany("page", 3)) lease.giveBack();
    const lease = await pool.take("page");
    for (const fake of made) {
      fake.answer = async () => {
        throw Object.assign(new Error("read-only"), { code: "25006" });
      };
    }
    await expect(lease.query("insert")).rejects.toMatchObject({ code: "25006" });
    lease.giveBack();
    await (await pool.take("page")).query("insert");
    expect(made).toHaveLength(4);
    expect(made.slice(0, 3).every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("is timed by what it does, transactions as a whole by their first write", async () => {
    const { pool, time, made } = open(5);
    const lease = await pool.take("decide");
    const [fake] = made;
    if (fake === undefined) throw new Error("one connection");
    fake.answer = async () => {
      await time.pass(100);
      return { rows: [], command: "" };
    };
    for (const statement of ["begin", "select * from people", "insert into audit_entries", "commit"]) {
      await lease.query(statement);
    }
    lease.giveBack();
    expect(pool.figures().jobs).toEqual([
      { kind: "transaction: insert audit_entries", turns: 1, longestMs: 400 },
      { kind: "other", turns: 2, longestMs: 100 },
      { kind: "select people", turns: 1, longestMs: 100 },
      { kind: "insert audit_entries", turns: 1, longestMs: 100 },
    ]);
  });

  it("that cannot be made gives its place back", async () => {
    let fails = true;
    const { pool } = open(5, async () => {
      if (fails) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return fakeConnection();
    });
    for (let n = 0; n < 20; n += 1) await expect(pool.take("tend")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    fails = false;
    await (await pool.take("tend")).query("select 1");
  });
});

describe("a pool that is closed", () => {
  it("waits for what runs, refuses the rest, and cuts what hangs", async () => {
    const { pool, time, made, takeMany } = open(5);
    const [quick, hung] = await takeMany("decide", 5);
    const waiting = watch(pool.take("page"));
    const hangs = made[1];
    if (quick === undefined || hung === undefined || hangs === undefined) throw new Error("five leases");
    hangs.answer = () => new Promise(() => undefined);
    const cut = hung.query("select pg_sleep(3600)").catch((error: unknown) => error);
    let isClosed = false;
    const closing = pool.close().then(() => {
      isClosed = true;
    });
    await time.settle();
    expect(waiting.error).toMatchObject({ code: "unavailable" });
    await expect(pool.take("decide")).rejects.toMatchObject({ code: "unavailable" });
    await quick.query("commit");
    quick.giveBack();
    await time.pass(1_499);
    expect(isClosed).toBe(false);
    await time.pass(1);
    expect(await cut).toMatchObject({ code: "CONNECTION_CUT" });
    await closing;
  });
});
