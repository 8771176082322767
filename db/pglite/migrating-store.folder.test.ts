import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkStore } from "../check-store";
import { type JournalFs, nodeJournalFs } from "../journal/journal-fs";
import type { MigrationAhead } from "../migrate";
import { rebuildStore } from "../rebuild-store";
import { platform, publishers } from "../schema";
import type { Store } from "../store";
import { withDataFolder } from "../testing/data-folder";
import { dumpJournaled, fillTables } from "../testing/fill-tables";
import { type MemoryJournalFs, memoryJournalFs } from "../testing/memory-journal-fs";
import { migrationsAhead } from "../testing/migrations-ahead";
import { pgliteSeed } from "../testing/pglite-seed";

const createdAt = new Date("2026-03-01T00:00:00Z");
const folder = withDataFolder();
const slow = { timeout: 300_000 };
/** Every operation where there is time for it. */
const STRIDE = process.env.BULKHEAD_KILL_ROUNDS === undefined ? 6 : 1;

/** Moves the rows of journaled tables: a new column that is filled, and one that is not journaled any more. */
const ahead = migrationsAhead(
  "later",
  `alter table publishers add column note text not null default 'new';
--> statement-breakpoint
update publishers set note = 'of ' || id;
--> statement-breakpoint
alter table versions add column later integer;`,
);
const failing = migrationsAhead(
  "broken",
  `update publishers set name = 'half way';
--> statement-breakpoint
create index at_once on publishers (id);
--> statement-breakpoint
alter table publishers add column note text not null;`,
);
afterAll(() => {
  for (const path of [ahead, failing]) rmSync(path, { recursive: true });
});

const add = (store: Store, id: string) =>
  store.transaction((tx) => tx.db.insert(publishers).values({ id, name: id, createdAt }));

/** A store of this program's schema with rows in every table and some history. */
async function fill(more: Parameters<typeof folder.open>[0] = {}): Promise<void> {
  const { store } = await folder.open(more);
  await store.transaction((tx) => fillTables(tx.db));
  await add(store, "pub_1");
  // So much that a base has more than one record.
  const name = "One".repeat(400_000);
  await store.transaction((tx) => tx.db.update(platform).set({ name }));
  await store.close();
}

const openAhead = (more: Parameters<typeof folder.open>[0] = {}) => folder.open({ migrationsFolder: ahead, ...more });

/** What the migrated store has. */
async function rowsAhead(more: Parameters<typeof folder.open>[0] = {}) {
  const { store, recovery } = await openAhead(more);
  const rows = await dumpJournaled(store.db);
  await store.close();
  return { rows, recovery };
}

describe("a migration of an embedded store", slow, () => {
  it("that fails is named with the database's words, and the store is as it was, for the program before too", async () => {
    await fill();
    const before = folder.tree();
    const refused = folder.open({ migrationsFolder: failing });
    await expect(refused).rejects.toMatchObject({
      code: "unavailable",
      details: [{ code: "migration-failed", message: expect.stringMatching(/^broken: .*null values/) }],
    });
    expect(folder.tree()).toEqual(before);
    const { store, recovery } = await folder.open();
    expect(recovery.outcome).toBe("agreed");
    await store.close();
  });

  it("is told before anything is changed, and does not happen when whoever is told rejects", async () => {
    await fill();
    const before = folder.tree();
    const told: MigrationAhead[] = [];
    const beforeMigration = async (about: MigrationAhead) => {
      told.push(about);
      expect(await about.run("select count(*)::int as count from publishers")).toEqual([{ count: 2 }]);
      throw new Error("no backup");
    };
    await expect(openAhead({ beforeMigration })).rejects.toThrow("no backup");
    expect(told.map(({ pending }) => pending)).toEqual([["later"]]);
    expect(folder.tree()).toEqual(before);
  });

  it("leaves the folder as it was, whichever operation of the journal fails", async () => {
    await fill();
    const before = folder.tree();
    let operations = 0;
    for (let failed = 1; ; failed += STRIDE) {
      operations = 0;
      const opened = await openAhead({ journalFs: failingAt(() => ++operations === failed) }).catch((error) => error);
      if (!(opened instanceof Error)) {
        // Beyond the last operation that can keep a store from opening nothing fails any more.
        await opened.store.close();
        break;
      }
      expect(opened, `operation ${failed}`).toMatchObject({ code: "unavailable", details: [{ code: "disk-full" }] });
      expect(folder.tree(), `operation ${failed}`).toEqual(before);
    }
    expect(operations).toBeGreaterThan(5);
    expect((await rowsAhead()).recovery).toMatchObject({ outcome: "agreed", migrated: [] });
  });

  it("has the same rows after the store is lost and made anew, and after power is lost", async () => {
    await fill();
    const { rows, recovery } = await rowsAhead();
    expect(recovery).toMatchObject({ outcome: "agreed", migrated: ["later"], baseFrom: 4 });
    expect(rows.publishers?.filter((row) => row.includes('"note": "of pub_1"'))).toHaveLength(1);
    expect(folder.segments()).toHaveLength(1);
    rmSync(join(folder.path, "store"), { recursive: true });
    await rebuildStore({ dataDir: folder.path, from: "journal", logger: () => undefined, migrationsFolder: ahead });
    expect((await rowsAhead()).rows).toEqual(rows);
    folder.leaveLockBehind("boot-0");
    const remade = await rowsAhead();
    expect(remade.recovery.outcome).toBe("rows-rebuilt");
    expect(remade.rows).toEqual(rows);
  });

  it("is taken behind the journal when the store is lost before it", async () => {
    await fill();
    const putBack = folder.copy("store");
    const { rows } = await rowsAhead();
    putBack();
    // An older copy of the database: its rows are brought to the schema of the journal, and made from it.
    const again = await rowsAhead();
    expect(again.recovery).toMatchObject({ outcome: "rows-rebuilt", migrated: ["later"] });
    expect(again.rows).toEqual(rows);
  });

  it("is rebuilt in the schema of the journal, and then taken", async () => {
    await fill();
    rmSync(join(folder.path, "store"), { recursive: true });
    const recovery = await rebuildStore({
      dataDir: folder.path,
      from: "journal",
      logger: () => undefined,
      migrationsFolder: ahead,
    });
    expect(recovery).toMatchObject({ outcome: "store-rebuilt", recordsReplayed: 3, migrated: ["later"], baseFrom: 4 });
    const { rows } = await rowsAhead();
    expect(rows.publishers?.filter((row) => row.includes('"note": "of pub_1"'))).toHaveLength(1);
  });
});

describe("whoever is killed while a store is migrated", slow, () => {
  it("at any operation of the journal leaves a store that opens with the same rows, after power loss too", async () => {
    const fs = memoryJournalFs();
    await fill({ journalFs: fs });
    const before = join(folder.path, "before");
    const migrated = join(folder.path, "migrated");
    const store = join(folder.path, "store");
    cpSync(store, before, { recursive: true });
    const journalBefore = fs.fork();

    const disks: MemoryJournalFs[] = [];
    fs.failWhen((_, name) => {
      if (name === "create") cpSync(store, migrated, { recursive: true });
      disks.push(fs.fork());
      return false;
    });
    const { rows } = await rowsAhead({ journalFs: fs });
    expect(disks.length).toBeGreaterThan(8);

    const found = async (database: string, journalFs: MemoryJournalFs, bootId: string) => {
      rmSync(store, { recursive: true });
      cpSync(database, store, { recursive: true });
      rmSync(join(folder.path, "lock", "doubtful"), { force: true });
      folder.leaveLockBehind(bootId);
      return rowsAhead({ journalFs });
    };
    expect((await found(migrated, journalBefore.fork(), "boot-1")).rows).toEqual(rows);
    for (const [operation, disk] of disks.entries()) {
      if (operation % STRIDE !== 0) continue;
      expect((await found(migrated, disk.fork(), "boot-1")).rows, `killed at operation ${operation}`).toEqual(rows);
      const off = disk.fork();
      off.losePower();
      expect((await found(before, off, "boot-0")).rows, `power lost at operation ${operation}`).toEqual(rows);
    }
  });
});

describe("a journal that grows", slow, () => {
  it("begins again while the store serves, and what is before the new base goes", async () => {
    const { store } = await folder.open();
    const row = { platformId: "plt_1", name: "One", environment: "production", createdAt } as const;
    await store.transaction((tx) => tx.db.insert(platform).values(row));
    const rename = (name: string) => store.transaction((tx) => tx.db.update(platform).set({ name }));
    await store.tendJournal();
    expect(folder.segments()).toHaveLength(1);
    const [first] = folder.segments();
    for (let n = 0; n < 9; n += 1) await rename(`${n}`.repeat(1024 * 1024));
    await Promise.all([rename("short"), store.tendJournal(), add(store, "pub_2")]);
    expect(folder.segments()).not.toContain(first);
    await add(store, "pub_3");
    const rows = await dumpJournaled(store.db);
    await store.close();
    rmSync(join(folder.path, "store"), { recursive: true });
    const seed = await pgliteSeed();
    await rebuildStore({ dataDir: folder.path, from: "journal", logger: () => undefined, seed });
    const { store: rebuilt, recovery } = await folder.open();
    expect(recovery.outcome).toBe("agreed");
    expect(await dumpJournaled(rebuilt.db)).toEqual(rows);
    await rebuilt.close();
  });

  it("begins again with all rows once it is long, and what is before them goes", async () => {
    const { store } = await folder.open();
    const row = { platformId: "plt_1", name: "One", environment: "production", createdAt } as const;
    await store.transaction((tx) => tx.db.insert(platform).values(row));
    const rename = (name: string) => store.transaction((tx) => tx.db.update(platform).set({ name }));
    for (let n = 0; n < 9; n += 1) await rename(`${n}`.repeat(1024 * 1024));
    await rename("short");
    await store.close();
    const next = await folder.open();
    expect(next.recovery.baseFrom).toBe(12);
    await next.store.close();
    expect(folder.segments()).toHaveLength(1);
    const again = await folder.open();
    expect(again.recovery).toMatchObject({ outcome: "agreed", baseFrom: null });
    await again.store.close();
    expect((await checkStore(folder.path)).findings).toEqual([]);
    rmSync(join(folder.path, "store"), { recursive: true });
    await rebuildStore({
      dataDir: folder.path,
      from: "journal",
      logger: () => undefined,
      seed: await pgliteSeed(),
    });
    const { store: rebuilt } = await folder.open();
    expect(await rebuilt.db.select({ name: platform.name }).from(platform)).toEqual([{ name: "short" }]);
    await rebuilt.close();
  });
});

/** The journal's file system, of which an operation fails as a full disk does. */
function failingAt(fails: () => boolean): JournalFs {
  const step = () => {
    if (fails()) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  return {
    ...nodeJournalFs,
    async makeFolder(path) {
      step();
      await nodeJournalFs.makeFolder(path);
    },
    async create(path) {
      step();
      const file = await nodeJournalFs.create(path);
      return {
        async write(data) {
          step();
          await file.write(data);
        },
        async sync() {
          step();
          await file.sync();
        },
        close: () => file.close(),
      };
    },
    async syncFolder(path) {
      step();
      await nodeJournalFs.syncFolder(path);
    },
  };
}
