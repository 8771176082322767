import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { LOOK_AGAIN } from "../announcements";
import { publishers } from "../schema";
import type { Announcement, Store } from "../store";
import { withDataFolder } from "../testing/data-folder";
import { openStoreInWorker, type StoreInWorkerOptions } from "./open-store-in-worker";
import { createStoreClient } from "./store-client";

const createdAt = new Date("2026-01-01T00:00:00Z");
const insert = (id: string) => ({ id, name: id, createdAt });
/** Takes the database hours. */
const ENDLESS = sql`select count(*) from generate_series(1, 1000000) a cross join generate_series(1, 1000000) b`;

const folder = withDataFolder();

function open(more: Partial<StoreInWorkerOptions> = {}) {
  const lines: string[] = [];
  const awaited = new Map<string, () => void>();
  /** Resolves when this is logged next. */
  const logged = (event: string) => new Promise<void>((resolve) => awaited.set(event, resolve));
  const again = logged("store_reopened");
  const logger: Logger = (_, event) => {
    lines.push(event);
    awaited.get(event)?.();
  };
  const location = { kind: "pglite", dataDir: folder.path } as const;
  return {
    lines,
    again,
    logged,
    opening: openStoreInWorker({ location, logger, statementMsMax: 400, waitsMs: [0], ...more }),
  };
}

const add = (store: Store, id: string) => store.transaction(({ db }) => db.insert(publishers).values(insert(id)));
const ids = async (store: Store) => (await store.db.select().from(publishers)).map(({ id }) => id).sort();

it("goes on after a statement that does not end: what was acknowledged is there, what was not is not, and it is told", async () => {
  const { lines, again, opening } = open();
  const opened = await opening;
  const { store } = opened;
  const other = createStoreClient(opened.connect(), { logger: () => undefined });
  await add(store, "pub_acknowledged");
  const heard: Announcement[] = [];
  const toldAll = new Promise<void>((resolve) => {
    other.subscribe((announcement) => {
      heard.push(announcement);
      if (heard.length === LOOK_AGAIN.length) resolve();
    });
  });
  let waited: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  const stuck = store.transaction(async ({ db }) => {
    await db.insert(publishers).values(insert("pub_half"));
    waited = Promise.allSettled([ids(other)]);
    await db.execute(ENDLESS);
  });
  await expect(stuck).rejects.toMatchObject({ code: "unavailable" });
  expect(await waited).toMatchObject([{ status: "rejected", reason: { code: "unavailable" } }]);

  await again;
  await toldAll;
  expect(heard).toEqual(LOOK_AGAIN);
  expect(await ids(other)).toEqual(["pub_acknowledged"]);
  await add(store, "pub_after");
  expect(await ids(other)).toEqual(["pub_acknowledged", "pub_after"]);
  expect((await other.figures()).reopened).toMatchObject({
    times: 1,
    last: { why: "It was at one piece of work (select generate_series) for more than 0.4 s." },
  });
  expect(lines.filter((line) => line.startsWith("store_"))).toEqual([
    "store_ended",
    "store_reopening",
    "store_reopened",
  ]);
  await other.close();
  await store.close();
  const { store: last, recovery } = await folder.open();
  expect(recovery.outcome).toBe("agreed");
  expect(await ids(last)).toEqual(["pub_acknowledged", "pub_after"]);
  await last.close();
});

it("waits before it opens again and again, refuses meanwhile, and can be closed", async () => {
  const { again, opening } = open({ waitsMs: [0, 3_600_000] });
  const { store } = await opening;
  await expect(store.db.execute(ENDLESS)).rejects.toMatchObject({ code: "unavailable" });
  await again;
  await expect(store.db.execute(ENDLESS)).rejects.toMatchObject({ code: "unavailable" });
  await expect(ids(store)).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
  await store.close();
  const { store: last } = await folder.open();
  await last.close();
});

it("is cut in a statement without end: whoever waits is told, and what was acknowledged is there", async () => {
  const { opening } = open({ statementMsMax: 3_600_000, cutMs: 0 });
  const opened = await opening;
  const { store } = opened;
  await add(store, "pub_acknowledged");
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const stuck = store.transaction(async ({ db }) => {
    await db.insert(publishers).values(insert("pub_half"));
    reach();
    await db.execute(ENDLESS);
  });
  const told = expect(stuck).rejects.toMatchObject({ code: "unavailable" });
  await reached;
  // In this order a process stops: clients first, which wait for what they asked.
  const closed = store.close();
  await opened.cut();
  await Promise.all([told, closed]);
  await expect(add(store, "pub_after")).rejects.toMatchObject({ code: "unavailable" });
  const { store: last } = await folder.open();
  expect(await ids(last)).toEqual(["pub_acknowledged"]);
  await last.close();
});

it("is cut while it is opened again, and leaves a folder that opens", async () => {
  const { lines, logged, opening } = open({ cutMs: 0 });
  const opened = await opening;
  await add(opened.store, "pub_acknowledged");
  const reopening = logged("store_reopening");
  await expect(opened.store.db.execute(ENDLESS)).rejects.toMatchObject({ code: "unavailable" });
  await reopening;
  await opened.cut();
  await opened.store.close();
  expect(lines).not.toContain("store_not_reopened");
  const { store: last } = await folder.open();
  expect(await ids(last)).toEqual(["pub_acknowledged"]);
  await last.close();
});

it("gives each try to open it again its time, says what came of it, and tells clients since when it lasts", async () => {
  const { lines, logged, opening } = open({ reopenMsMax: 1, waitsMs: [0, 0, 3_600_000] });
  const opened = await opening;
  const second = new Promise<void>((resolve) => {
    void logged("store_not_reopened").then(() => logged("store_not_reopened").then(resolve));
  });
  await expect(opened.store.db.execute(ENDLESS)).rejects.toMatchObject({ code: "unavailable" });
  await second;
  expect(lines.filter((line) => line.startsWith("store_"))).toEqual([
    ...["store_ended", "store_reopening", "store_not_reopened"],
    ...["store_ended", "store_reopening", "store_not_reopened"],
    "store_ended",
  ]);
  const late = createStoreClient(opened.connect(), { logger: () => undefined });
  for (const store of [opened.store, late]) {
    await expect(ids(store)).rejects.toMatchObject({
      message: expect.stringMatching(/since \d{4}-.*Z \(tries: 2\)/),
    });
  }
  await opened.store.close();
  await late.close();
});

it("raises what keeps it from being opened, as a store in this thread does", async () => {
  const first = await folder.open();
  await expect(open().opening).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(`in use by process ${process.pid}`),
  });
  await first.store.close();
});
