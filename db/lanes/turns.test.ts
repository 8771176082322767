import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import type { Lane } from "../store";
import { manualTime } from "../testing/manual-time";
import { kindOfStatement } from "./kind-of-statement";
import { createTurns } from "./turns";

describe("turns", () => {
  it("are one after the other, and a decision goes before what came earlier", async () => {
    const turns = createTurns();
    const told: string[] = [];
    const work = (lane: Lane, name: string) =>
      turns.run({ lane, bytes: 0 }, async () => {
        told.push(`${name} begins`);
        await Promise.resolve();
        told.push(`${name} ends`);
      });
    await Promise.all([work("page", "first"), work("ingest", "batch"), work("page", "page"), work("decide", "stop")]);
    expect(told).toEqual(["first", "stop", "page", "batch"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it("see a decision that comes in between two others, before the second begins", async () => {
    const turns = createTurns();
    const told: string[] = [];
    const asked: Promise<unknown>[] = [];
    const first = turns.run({ lane: "page", bytes: 0 }, async () => {
      // As a message of another thread does: it comes in a turn of the loop of its own.
      setImmediate(() => asked.push(turns.run({ lane: "decide", bytes: 0 }, async () => void told.push("decision"))));
    });
    const second = turns.run({ lane: "page", bytes: 0 }, async () => void told.push("page"));
    await Promise.all([first, second]);
    await Promise.all(asked);
    expect(told).toEqual(["decision", "page"]);
  });

  it("run in the asynchronous context of whoever asked", async () => {
    const turns = createTurns();
    const who = new AsyncLocalStorage<string>();
    const ask = (name: string) =>
      who.run(name, () => turns.run({ lane: "page", bytes: 0 }, async () => who.getStore() ?? "nobody"));
    expect(await Promise.all([ask("a"), ask("b"), ask("c")])).toEqual(["a", "b", "c"]);
  });

  it("go on after a job that fails, and keep the longest of each kind and lane", async () => {
    let now = 0;
    const watched: string[] = [];
    const watch = { begins: (kind: string) => void watched.push(kind), ends: () => void watched.push("-") };
    const turns = createTurns({ uptimeMs: () => now, watch });
    const take = (ms: number, sql: string) =>
      turns.run({ lane: "tend", bytes: 0, isTransaction: true }, (turn) =>
        turn.statement(sql, async () => {
          now += ms;
          if (ms > 10) throw new Error("no");
        }),
      );
    await take(5, 'delete from "events" where at < $1');
    await expect(take(30, 'delete from "events" where at < $1')).rejects.toThrow("no");
    await take(1, "select 1");
    const { jobs, lanes } = turns.figures();
    expect(jobs).toEqual([
      { kind: "delete events", turns: 2, longestMs: 30 },
      { kind: "transaction: delete events", turns: 2, longestMs: 30 },
      { kind: "select", turns: 1, longestMs: 1 },
      { kind: "transaction: select", turns: 1, longestMs: 1 },
    ]);
    expect(lanes.at(-1)).toEqual({ lane: "tend", waiting: 0, oldestWaitingMs: 0, refused: 0, longestMs: 30 });
    expect(watched).toEqual(["delete events", "-", "delete events", "-", "select", "-"]);
  });
});

describe("whoever waits for a turn", () => {
  it("is told after ten seconds that nothing was begun, and when to come again; the trace says since when and how many", async () => {
    const time = manualTime();
    const logged: [string, Record<string, unknown> | undefined][] = [];
    const turns = createTurns({
      uptimeMs: time.clock.nowMs,
      timers: time.timers,
      logger: (_, event, fields) => logged.push([event, fields]),
    });
    let finish: () => void = () => undefined;
    const holding = turns.run({ lane: "page", bytes: 0 }, () => new Promise<void>((resolve) => (finish = resolve)));
    const begun: string[] = [];
    const waiting = turns.run({ lane: "ingest", bytes: 10 }, async () => void begun.push("batch"));
    const told = expect(waiting).rejects.toMatchObject({
      ...{ code: "unavailable", retryAfterSeconds: 5, isOverload: true },
    });
    const patient = turns.run({ lane: "tend", bytes: 0 }, async () => "done");
    await time.pass(10_000);
    expect(turns.waiting).toBe(2);
    await time.pass(500);
    await told;
    expect(turns.figures().lanes.find(({ lane }) => lane === "ingest")).toMatchObject({ waiting: 0, refused: 1 });
    expect(logged.map(([event]) => event)).toEqual(["store_overloaded"]);
    finish();
    expect(await patient).toBe("done");
    await holding;
    await time.settle();
    expect(begun).toEqual([]);
    expect(logged[1]).toEqual([
      "store_overload_over",
      { lastedMs: 0, refused: expect.objectContaining({ ingest: 1 }) },
    ]);
  });
});

describe("the kind of a statement", () => {
  it.each([
    ['select "id", "name" from "publishers" where "id" = $1', "select publishers"],
    ['insert into "audit_entries" ("id") values ($1)', "insert audit_entries"],
    ['update "devices" set "last_seen_at" = $1', "update devices"],
    ['  delete from only "events"', "delete events"],
    ['with x as (select * from "changes") select 1', "with changes"],
    ["savepoint sp1", "savepoint"],
    ["checkpoint", "checkpoint"],
    ["select pg_sleep('secret')", "select"],
  ])("is its verb and first table alone: %s", (statement, kind) => {
    expect(kindOfStatement(statement)).toBe(kind);
  });
});
