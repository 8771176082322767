import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { KEPT_MS } from "@/lib/domain/measures/retention";
import { dropDay, keepDays, listDays, listPastDays, PARTITIONED_NAMES, writeDays } from "./partitions";
import { events } from "./schema";
import type { Store } from "./store";
import { describeStores } from "./testing/with-test-store";

const DAY_MS = 86_400_000;
const day = Date.parse("2026-05-03T00:00:00Z") / DAY_MS;

async function record(store: Store, eventId: string, atMs: number): Promise<void> {
  const at = new Date(atMs);
  const event = { deviceId: "dev_a", eventId, at, receivedAt: at, type: "killed", body: {} };
  await store.transaction(({ db }) => db.insert(events).values(event));
}

const kept = async (store: Store) =>
  (await store.db.select({ id: events.eventId }).from(events).orderBy(events.at)).map(({ id }) => id);

describeStores("a table by day", (held) => {
  it("takes rows of the days that were made, to the last instant of each, and refuses others rather than mix them", async () => {
    const { store } = held;
    const [first, last] = [day * DAY_MS, (day + 1) * DAY_MS - 1];
    await Promise.all([keepDays(store, "events", [last, first]), keepDays(store, "events", [first])]);
    await record(store, "first", first);
    await record(store, "last", last);
    await expect(record(store, "next", last + 1)).rejects.toThrow();
    await expect(record(store, "before", first - 1)).rejects.toThrow();
    expect(await kept(store)).toEqual(["first", "last"]);
    expect(await listDays(store.db, "events")).toEqual([day]);
  });

  it("loses a day whole when its last instant is as old as the table keeps, and not a moment before", async () => {
    const { store } = held;
    await keepDays(store, "events", [(day + 1) * DAY_MS]);
    await record(store, "younger", (day + 1) * DAY_MS);
    const endsMs = (day + 1) * DAY_MS + KEPT_MS.events;
    expect(await listPastDays(store.db, "events", endsMs - 1)).toEqual([]);
    expect(await listPastDays(store.db, "events", endsMs)).toEqual([day]);
    await dropDay(store, "events", day);
    expect(await kept(store)).toEqual(["younger"]);
    await keepDays(store, "events", [day * DAY_MS]);
    expect(await listDays(store.db, "events")).toEqual([day, day + 1]);
  });

  it("makes a day again that another process dropped, at the try after the one that found it missing", async () => {
    const { store } = held;
    const at = new Date((day + 5) * DAY_MS);
    const write = async () => {
      await keepDays(store, "events", [at.getTime()]);
      const event = { deviceId: "dev_a", eventId: "again", at, receivedAt: at, type: "killed", body: {} };
      await writeDays(store, ({ db }) => db.insert(events).values(event));
    };
    await keepDays(store, "events", [at.getTime()]);
    const name = `events_${at.toISOString().slice(0, 10).replaceAll("-", "")}`;
    await store.transaction(({ db }) => db.execute(sql.raw(`drop table "days"."${name}"`)));
    await expect(write()).rejects.toThrow();
    await write();
    expect(await kept(store)).toContain("again");
  });

  it("is told by code and table that its day is missing, whatever language the server speaks", async () => {
    const { store } = held;
    const at = (day + 6) * DAY_MS;
    await keepDays(store, "events", [at]);
    const name = `events_${new Date(at).toISOString().slice(0, 10).replaceAll("-", "")}`;
    await store.transaction(({ db }) => db.execute(sql.raw(`drop table "days"."${name}"`)));
    const raised = (members: object) => {
      const cause = Object.assign(new Error("keine Partition von Relation »events« für die Zeile gefunden"), members);
      const transaction = () => Promise.reject(new Error("A statement failed", { cause }));
      return writeDays({ ...store, transaction }, async () => undefined);
    };
    await expect(raised({ code: "23514", table: "events", constraint: "events_check" })).rejects.toThrow();
    await keepDays(store, "events", [at]);
    await expect(record(store, "missing", at)).rejects.toThrow();
    await expect(raised({ code: "23514", table: "events" })).rejects.toThrow();
    await keepDays(store, "events", [at]);
    await record(store, "made-again", at);
    expect(await kept(store)).toContain("made-again");
  });

  it("has no day that takes whatever has none, in any of them", async () => {
    const { store } = held;
    for (const relation of PARTITIONED_NAMES) await keepDays(store, relation, [day * DAY_MS]);
    const answer = await store.db.execute(sql`select 1 from pg_partitioned_table where partdefid <> 0`);
    expect([...(Array.isArray(answer) ? answer : (answer as unknown as { rows: unknown[] }).rows)]).toEqual([]);
  });
});
