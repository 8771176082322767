import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { NOT_KEPT } from "../journal/journaled-tables";
import { type RebuildSource, rebuildStore } from "../rebuild-store";
import { changeSets, credentials, devices, people, publishedMembers, publishers, sessions } from "../schema";
import type { Store } from "../store";
import { STORE_FAULTS, type StoreFaultCode, storeFault } from "../store-fault";
import { flipBit, withDataFolder } from "../testing/data-folder";
import { dumpJournaled, dumpTable, fillTables } from "../testing/fill-tables";
import { pgliteSeed } from "../testing/pglite-seed";
import type { PgliteFolderOptions } from "./open-pglite";

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
const rebuild = async (from: RebuildSource) =>
  rebuildStore({ dataDir: folder.path, from, logger: () => undefined, seed: await pgliteSeed() });

/** Opening raises the fault, names its remedy and leaves every byte of the folder as it was. */
async function refused(fault: StoreFaultCode, more: Partial<PgliteFolderOptions> = {}): Promise<Error> {
  const before = folder.tree();
  const raised = await folder.open(more).then(
    async ({ store }) => {
      await store.close();
      return new Error("it was opened");
    },
    (error: Error) => error,
  );
  expect(raised).toMatchObject({ code: "unavailable", details: [{ code: fault }] });
  expect(folder.tree()).toEqual(before);
  expect(raised.message).toContain(STORE_FAULTS[fault].remedy(folder.path, []));
  expect(raised.message).toContain("nothing in it was changed");
  return raised;
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

  it("is made anew from the journal by consent, row for row, when the database is gone, and says what is lost", async () => {
    const before = await withStore(async (store) => {
      await store.transaction((tx) => fillTables(tx.db));
      await store.transaction(async (tx) => {
        await tx.db.update(publishedMembers).set({ value: true });
        await tx.db.update(changeSets).set({ state: "published" });
        await tx.db.insert(publishers).values({ id: "pub_gone", name: "Gone", createdAt: at });
      });
      await store.transaction(async (tx) => {
        await tx.db.delete(publishers).where(eq(publishers.id, "pub_gone"));
        await tx.db.execute(sql`update published_members set member = 'renamed'`);
      });
      return dumpJournaled(store.db);
    });
    dropStore();
    await refused("database-missing");
    const recovery = await rebuild("journal");
    expect(recovery).toMatchObject({ outcome: "store-rebuilt", sequence: 3, recordsReplayed: 3, lost: NOT_KEPT });
    const { store } = await folder.open();
    expect(await dumpJournaled(store.db)).toEqual(before);
    expect(await dumpTable(store.db, "bundles")).toEqual([]);
    for (const kept of ["credentials", "identities"]) expect(await dumpTable(store.db, kept)).toHaveLength(1);
    // The number of the next change set follows those that came back.
    await store.transaction((tx) =>
      tx.db.insert(changeSets).values({ id: "cs_next", ownerId: "o", state: "draft", createdAt: at, updatedAt: at }),
    );
    const [next] = await store.db.select().from(changeSets).where(eq(changeSets.id, "cs_next"));
    expect(next?.number).toBe(2);
    await store.close();
  });

  it("that was there and has lost both database and journal is no new one", async () => {
    await withStore((store) => add(store, "pub_1"));
    dropStore();
    rmSync(join(folder.path, "journal"), { recursive: true });
    await refused("both-lost");
  });

  it("whose first start is killed or refused has nothing half-made in it, and starts", async () => {
    dropStore();
    mkdirSync(join(folder.path, "store.making", "base"), { recursive: true });
    writeFileSync(join(folder.path, "store.making", "PG_VERSION"), "18");
    await refused("disk-full", { freeBytes: () => 1024 });
    await expect(folder.open({ seed: new Blob(["no database"]) })).rejects.toThrow();
    expect(readdirSync(folder.path)).toEqual(["lock"]);
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("fresh");
    await store.close();
    expect(readdirSync(folder.path).sort()).toEqual(["credentials.json", "lock", "store"]);
  });
});

describe("a store that is not opened is as it was, and the remedy that it names works", slow, () => {
  const DAMAGES: [title: string, fault: StoreFaultCode, damage: (store: string) => void][] = [
    [
      "a garbled control file",
      "database-unreadable",
      (store) => writeFileSync(join(store, "global", "pg_control"), Buffer.alloc(8192, 7)),
    ],
    ["no log files", "database-unreadable", (store) => rmSync(join(store, "pg_wal"), { recursive: true })],
    ["no version file", "database-unfinished", (store) => rmSync(join(store, "PG_VERSION"))],
    ["a garbled version file", "database-unreadable", (store) => writeFileSync(join(store, "PG_VERSION"), "\0\0")],
    ["no tables", "database-unreadable", (store) => rmSync(join(store, "base"), { recursive: true })],
  ];

  it.each(DAMAGES)("when the database has %s", async (_, fault, damage) => {
    await withStore((store) => add(store, "pub_1"));
    damage(join(folder.path, "store"));
    const error = await refused(fault);
    expect(error.message).toContain(`npm run store -- rebuild --from journal --data ${folder.path}`);
    const { setAside } = await rebuild("journal");
    expect(existsSync(setAside[0]?.path ?? "")).toBe(true);
    expect(await withStore(ids)).toEqual(["pub_1"]);
  });

  it("when it is of another version of the database", async () => {
    await withStore((store) => add(store, "pub_1"));
    writeFileSync(join(folder.path, "store", "PG_VERSION"), "17\n");
    const error = await refused("other-database-version");
    expect(error.message).toContain("Postgres 17");
  });

  it("when a newer program has migrated it", async () => {
    await withStore((store) => add(store, "pub_1"));
    await tamper("insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 99999999999999)");
    await refused("newer-schema");
  });

  it("when the disk is full", async () => {
    await withStore((store) => add(store, "pub_1"));
    await refused("disk-full", { freeBytes: () => 1024 });
    await withStore(ids);
  });

  it("when the database is empty and the journal is not", async () => {
    const putBack = folder.copy("store");
    await withStore((store) => add(store, "pub_1"));
    putBack();
    await refused("database-missing");
    await rebuild("journal");
    expect(await withStore(ids)).toEqual(["pub_1"]);
  });

  const journalFaults: [title: string, fault: StoreFaultCode, damage: () => void][] = [
    ["missing", "journal-missing", () => rmSync(join(folder.path, "journal"), { recursive: true })],
    ["damaged", "journal-damaged", () => flipBit(folder.segments()[0] ?? "", 200)],
    [
      "without its last records",
      "journal-behind",
      () => {
        // The rows have the newest two of them: what lacks no more is completed.
        for (const path of folder.segments().slice(1)) rmSync(path);
      },
    ],
  ];
  it.each(journalFaults)("when the journal is %s; all rows then begin another", async (_, fault, damage) => {
    const before = await withStore(async (store) => {
      await store.transaction((tx) => fillTables(tx.db));
      for (const n of [1, 2, 3]) await add(store, `pub_${n}`);
      return dumpJournaled(store.db);
    });
    for (let n = 4; n <= 6; n += 1) await withStore((store) => add(store, `pub_${n}`));
    damage();
    const error = await refused(fault);
    expect(error.message).toContain(`npm run store -- rebuild --from rows --data ${folder.path}`);
    const recovery = await rebuild("rows");
    expect(recovery.outcome).toBe("journal-begun-anew");
    expect(recovery.setAside).toHaveLength(fault === "journal-missing" ? 0 : 1);
    dropStore();
    await rebuild("journal");
    const after = await withStore((store) => dumpJournaled(store.db));
    expect({ ...after, publishers: [] }).toEqual({ ...before, publishers: [] });
    expect(await withStore(ids)).toEqual(expect.arrayContaining(["pub_1", "pub_6"]));
  });

  it("when the database is gone and the journal is damaged", async () => {
    await withStore(async (store) => {
      await add(store, "pub_1");
      await add(store, "pub_2");
    });
    flipBit(folder.segments()[0] ?? "", 200);
    dropStore();
    await refused("both-lost");
  });

  it("when each tells another story; either may be kept", async () => {
    await withStore((store) => add(store, "pub_1"));
    const putStoreBack = folder.copy("store");
    const putJournalBack = folder.copy("journal");
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    await withStore((store) => add(store, "pub_other"));
    putStoreBack();
    const other = folder.copy("journal");
    const error = await refused("journal-foreign");
    expect(error.message).toContain("record 1");
    await rebuild("rows");
    expect(await withStore(ids)).toEqual(["pub_1"]);
    other();
    await refused("journal-behind");
    await rebuild("journal");
    expect(await withStore(ids)).toEqual(["pub_other"]);
    putJournalBack();
  });

  it("when more was written than is remembered, and then it says so", () => {
    const error = storeFault("disk-full", { dataDir: "/d", found: "it is full", isUnchanged: false });
    expect(error.message).toContain("not all that was written to it could be taken back");
    expect(error.message).not.toContain("nothing in it was changed");
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
    await rebuild("journal");
    expect(await withStore(ids)).toEqual(["pub_1", "pub_2"]);
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
    const [credential] = await store.db.select().from(credentials);
    expect(credential?.passwordHash, "the newest, from its file").toBe("new");
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
    expect(readdirSync(folder.path).sort()).toEqual(["credentials.json", "journal", "lock", "store"]);
  });
});
