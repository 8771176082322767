import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { LOOK_AGAIN } from "../announcements";
import { openPostgresConnection } from "../backup/connection";
import { openStore } from "../open-store";
import { publishers } from "../schema";
import type { Announcement, Store } from "../store";
import { postgresServer } from "../testing/postgres-server";

const silent: Logger = () => undefined;
const open = async (url: string) => (await openStore({ location: { kind: "postgres", url }, logger: silent })).store;

function firstHeard(store: Store, topic: Announcement["topic"]): Promise<Announcement> {
  return new Promise((resolve) => {
    const stop = store.subscribe((announcement) => {
      if (announcement.topic !== topic) return;
      stop();
      resolve(announcement);
    });
  });
}

describe("processes on one Postgres", () => {
  it("may open an empty database at once, and hear each other's announcements", async () => {
    const url = await (await postgresServer()).createDatabase();
    const stores = await Promise.all([open(url), open(url), open(url)]);
    const [one, two, three] = stores;
    if (one === undefined || two === undefined || three === undefined) throw new Error("three stores");
    try {
      const heard = [firstHeard(one, "people"), firstHeard(two, "people"), firstHeard(three, "people")];
      await two.transaction(async (tx) => tx.announce({ topic: "people" }));
      expect(await Promise.all(heard)).toEqual(Array(3).fill({ topic: "people" }));

      const script = fileURLToPath(new URL("../testing/announce-once.ts", import.meta.url));
      const fromOutside = firstHeard(one, "documents");
      const child = spawn(process.execPath, ["--import", "tsx", script, url], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      expect(await fromOutside).toMatchObject({ topic: "documents", documents: [{ appId: "com.example.other" }] });
      await new Promise((resolve) => child.on("close", resolve));
    } finally {
      for (const store of stores) await store.close();
    }
  });

  it("are told to look again when the listening connection was lost", async () => {
    const url = await (await postgresServer()).createDatabase();
    const store = await open(url);
    const heard: Announcement[] = [];
    const all = new Promise<void>((resolve) => {
      store.subscribe((announcement) => {
        heard.push(announcement);
        if (heard.length === LOOK_AGAIN.length) resolve();
      });
    });
    const admin = await openPostgresConnection(url);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and pid <> pg_backend_pid()",
    );
    await all;
    expect(heard).toEqual(LOOK_AGAIN);
    await admin.close();
    await store.close();
  });

  it("get the lost one of two deadlocked transactions as unavailable, to be tried again", async () => {
    const url = await (await postgresServer()).createDatabase();
    const store = await open(url);
    const createdAt = new Date(0);
    await store.transaction((tx) =>
      tx.db.insert(publishers).values(["a", "b"].map((id) => ({ id, name: id, createdAt }))),
    );
    let met = 0;
    let meet: () => void = () => undefined;
    const bothInside = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const cross = (first: string, second: string) =>
      store.transaction(async (tx) => {
        await tx.db.execute(`update publishers set name = 'x' where id = '${first}'`);
        met += 1;
        if (met === 2) meet();
        await bothInside;
        await tx.db.execute(`update publishers set name = 'x' where id = '${second}'`);
      });
    const results = await Promise.allSettled([cross("a", "b"), cross("b", "a")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const lost = results.find((result) => result.status === "rejected");
    expect(lost?.reason).toMatchObject({ code: "unavailable", retryAfterSeconds: 1 });
    await store.close();
  });

  it("are refused as unavailable when nothing listens there", async () => {
    await expect(open("postgres://nobody:x@127.0.0.1:1/none")).rejects.toMatchObject({ code: "unavailable" });
  });
});
