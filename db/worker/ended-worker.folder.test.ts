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
  let reopened: () => void = () => undefined;
  const again = new Promise<void>((resolve) => {
    reopened = resolve;
  });
  const logger: Logger = (_, event) => {
    lines.push(event);
    if (event === "store_reopened") reopened();
  };
  const location = { kind: "pglite", dataDir: folder.path } as const;
  return { lines, again, opening: openStoreInWorker({ location, logger, statementMsMax: 400, waitsMs: [0], ...more }) };
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
  expect(lines.filter((line) => line.startsWith("store_"))).toEqual(["store_ended", "store_reopened"]);
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

it("raises what keeps it from being opened, as a store in this thread does", async () => {
  const first = await folder.open();
  await expect(open().opening).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(`in use by process ${process.pid}`),
  });
  await first.store.close();
});
