import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { NOT_KEPT } from "../journal/journaled-tables";
import { changeSets, credentials, devices, hostRules, people, publishers, sessions } from "../schema";
import type { Store } from "../store";
import { flipBit, withDataFolder } from "../testing/data-folder";
import { dumpJournaled, dumpTable, fillTables } from "../testing/fill-tables";

const at = new Date("2026-03-01T00:00:00Z");
const later = new Date("2026-03-02T00:00:00Z");
const folder = withDataFolder();

const add = (store: Store, id: string) =>
  store.transaction((tx) => tx.db.insert(publishers).values({ id, name: id, createdAt: at }));
const ids = async (store: Store) =>
  (await store.db.select({ id: publishers.id }).from(publishers).orderBy(publishers.id)).map(({ id }) => id);

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const { store } = await folder.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
const dropStore = () => rmSync(join(folder.path, "store"), { recursive: true });

/** Changes rows behind the store's back, leaving no trace in the journal. */
async function tamper(statement: string): Promise<void> {
  const client = await PGlite.create(join(folder.path, "store"));
  await client.exec(`set session_replication_role = replica; ${statement}`);
  await client.close();
}

// Each test opens a database several times.
const slow = { timeout: 120_000 };

describe("a data folder", slow, () => {
  it("is opened by one at a time; the second is told who has it", async () => {
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("fresh");
    await expect(folder.open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await add(store, "pub_1");
    await store.close();
    const again = await folder.open();
    expect(again.recovery).toMatchObject({ outcome: "agreed", sequence: 1 });
    expect(await ids(again.store)).toEqual(["pub_1"]);
    await again.store.close();
  });

  it("is made anew from the journal, row for row, when the database is gone, and says what is lost", async () => {
    const before = await withStore(async (store) => {
      await store.transaction((tx) => fillTables(tx.db));
      await store.transaction(async (tx) => {
        await tx.db.update(hostRules).set({ host: "api.example.test" });
        await tx.db.update(changeSets).set({ state: "published" });
        await tx.db.insert(publishers).values({ id: "pub_gone", name: "Gone", createdAt: at });
      });
      await store.transaction(async (tx) => {
        await tx.db.delete(publishers).where(eq(publishers.id, "pub_gone"));
        await tx.db.execute(sql`update blocked_hosts set host = 'renamed.example.test'`);
      });
      return dumpJournaled(store.db);
    });
    dropStore();
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({ outcome: "store-rebuilt", sequence: 3, recordsReplayed: 3, lost: NOT_KEPT });
    expect(await dumpJournaled(store.db)).toEqual(before);
    expect(await dumpTable(store.db, "bundles")).toEqual([]);
    expect(await dumpTable(store.db, "credentials")).toEqual([]);
    // The number of the next change set follows those that came back.
    await store.transaction((tx) =>
      tx.db.insert(changeSets).values({ id: "cs_next", ownerId: "o", state: "draft", createdAt: at, updatedAt: at }),
    );
    const [next] = await store.db.select().from(changeSets).where(eq(changeSets.id, "cs_next"));
    expect(next?.number).toBe(2);
    await store.close();
  });

  const DAMAGES: [title: string, damage: (store: string) => void][] = [
    ["a garbled control file", (store) => writeFileSync(join(store, "global", "pg_control"), Buffer.alloc(8192, 7))],
    ["no log files", (store) => rmSync(join(store, "pg_wal"), { recursive: true })],
    ["no version file", (store) => rmSync(join(store, "PG_VERSION"))],
    ["a garbled version file", (store) => writeFileSync(join(store, "PG_VERSION"), "\0\0")],
    ["no tables", (store) => rmSync(join(store, "base"), { recursive: true })],
  ];
  it.each(DAMAGES)("is set aside, kept and made anew when the database has %s", async (_, damage) => {
    await withStore((store) => add(store, "pub_1"));
    damage(join(folder.path, "store"));
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({ outcome: "store-rebuilt", setAside: [{ path: expect.any(String) }] });
    expect(existsSync(recovery.setAside[0]?.path ?? "")).toBe(true);
    expect(await ids(store)).toEqual(["pub_1"]);
    await store.close();
  });

  it("of another version of the database is refused and left as it is", async () => {
    await withStore((store) => add(store, "pub_1"));
    writeFileSync(join(folder.path, "store", "PG_VERSION"), "17\n");
    await expect(folder.open()).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("17") });
    expect(folder.asides()).toEqual([]);
  });
});

describe("rows and journal", slow, () => {
  it("agree after the end of the journal was cut off, because the rows still have it", async () => {
    await withStore(async (store) => {
      await add(store, "pub_1");
      await add(store, "pub_2");
    });
    const [segment] = folder.segments();
    truncateSync(segment ?? "", readFileSync(segment ?? "").length - 20);
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({ outcome: "journal-completed", sequence: 2, recordsAppended: 1 });
    expect(recovery.tornBytes).toBeGreaterThan(0);
    await store.close();
    dropStore();
    const rebuilt = await folder.open();
    expect(await ids(rebuilt.store)).toEqual(["pub_1", "pub_2"]);
    await rebuilt.store.close();
  });

  it("begin a new journal with all rows when the old one is missing or damaged, and rebuild from it", async () => {
    const before = await withStore(async (store) => {
      await store.transaction((tx) => fillTables(tx.db));
      for (const n of [1, 2, 3]) await add(store, `pub_${n}`);
      return dumpJournaled(store.db);
    });
    flipBit(folder.segments()[0] ?? "", 200);
    const damaged = await folder.open();
    expect(damaged.recovery.outcome).toBe("journal-begun-anew");
    expect(damaged.recovery.setAside).toHaveLength(1);
    await damaged.store.close();
    rmSync(join(folder.path, "journal"), { recursive: true });
    const missing = await folder.open();
    expect(missing.recovery).toMatchObject({ outcome: "journal-begun-anew", setAside: [] });
    await missing.store.close();
    dropStore();
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("store-rebuilt");
    expect(await dumpJournaled(store.db)).toEqual(before);
    await store.close();
  });

  it("are refused when the database is gone and the journal is damaged", async () => {
    await withStore(async (store) => {
      await add(store, "pub_1");
      await add(store, "pub_2");
    });
    flipBit(folder.segments()[0] ?? "", 200);
    dropStore();
    await expect(folder.open()).rejects.toMatchObject({ code: "unavailable" });
    expect(folder.asides()).toEqual([]);
  });

  it("are refused when each tells another story", async () => {
    await withStore((store) => add(store, "pub_1"));
    const putBack = folder.copy("store");
    dropStore();
    rmSync(join(folder.path, "journal"), { recursive: true });
    await withStore((store) => add(store, "pub_other"));
    putBack();
    const journal = readFileSync(folder.segments()[0] ?? "");
    await expect(folder.open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("differ"),
    });
    expect(readFileSync(folder.segments()[0] ?? "")).toEqual(journal);
  });

  it("bring back what an older copy of the database lacks, and re-open nothing that was closed meanwhile", async () => {
    await withStore((store) =>
      store.transaction(async (tx) => {
        await fillTables(tx.db);
        await tx.db.update(devices).set({ revokedAt: null });
        await tx.db.update(sessions).set({ endedAt: null });
      }),
    );
    const putBack = folder.copy("store");
    await withStore(async (store) => {
      await store.transaction(async (tx) => {
        await tx.db.update(devices).set({ revokedAt: later });
        await tx.db.update(credentials).set({ passwordHash: "new", changedAt: later });
        await tx.db.update(sessions).set({ endedAt: later });
        await tx.db.update(people).set({ state: "disabled" });
      });
    });
    putBack();
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({ outcome: "rows-rebuilt", recordsReplayed: 2, lost: [] });
    expect(recovery.ended).toContain("sessions");
    expect(await store.db.select({ revokedAt: devices.revokedAt }).from(devices)).toEqual([{ revokedAt: later }]);
    expect(await store.db.select({ state: people.state }).from(people)).toEqual([{ state: "disabled" }]);
    expect(await store.db.select().from(sessions)).toEqual([]);
    expect(await store.db.select().from(credentials)).toEqual([]);
    expect(await dumpTable(store.db, "bundles")).toHaveLength(1);
    await store.close();
  });
});

describe("after the machine went down with the store open", slow, () => {
  it("rows are what the journal says, not what the disk happened to keep", async () => {
    await withStore(async (store) => {
      await store.transaction((tx) => fillTables(tx.db));
      await add(store, "pub_1");
    });
    await tamper("update publishers set name = 'an older page' where id = 'pub_1'");
    folder.leaveLockBehind("boot-0");
    const { store, recovery } = await folder.open();
    expect(recovery).toMatchObject({ outcome: "rows-rebuilt", recordsReplayed: 2 });
    const [row] = await store.db.select({ name: publishers.name }).from(publishers).where(eq(publishers.id, "pub_1"));
    expect(row?.name).toBe("pub_1");
    // The password was not changed since: it still counts.
    expect(await store.db.select().from(credentials)).toHaveLength(1);
    await store.close();
    const next = await folder.open();
    expect(next.recovery.outcome).toBe("agreed");
    await next.store.close();
  });

  it("the doubt outlives an opener that did not get to the end", async () => {
    await withStore((store) => add(store, "pub_1"));
    await tamper("update publishers set name = 'an older page'");
    folder.leaveLockBehind("boot-0");
    const failing = {
      ...(await import("../journal/journal-fs")).nodeJournalFs,
      list: () => Promise.reject(new Error("EIO")),
    };
    await expect(folder.open({ journalFs: failing })).rejects.toThrow();
    folder.leaveLockBehind("boot-1");
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("rows-rebuilt");
    await store.close();
  });

  it("a process that merely died leaves nothing in doubt", async () => {
    await withStore((store) => add(store, "pub_1"));
    folder.leaveLockBehind("boot-1");
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("agreed");
    await store.close();
    expect(readdirSync(folder.path).sort()).toEqual(["journal", "lock", "store"]);
  });
});
