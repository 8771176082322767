import { PGlite } from "@electric-sql/pglite";
import { like } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { createPgliteStore } from "../pglite/create-pglite-store";
import { devices, publishers } from "../schema";
import type { Announcement, Store } from "../store";
import { dumpJournaled, fillTables } from "../testing/fill-tables";
import { type MemoryJournalFs, memoryJournalFs } from "../testing/memory-journal-fs";
import { pgliteSeed } from "../testing/pglite-seed";
import { type CommitLog, createCommitLog } from "./commit-log";
import { createCredentialsFile } from "./credentials-file";
import { installCapture } from "./install-capture";
import { JOURNAL_START } from "./journal-frame";
import { createJournalWriter } from "./journal-writer";
import { dropSegmentsBefore, readJournal, scanJournal } from "./read-journal";
import { rebuildRows } from "./replay-journal";

const silent: Logger = () => undefined;
const createdAt = new Date("2026-03-01T00:00:00Z");
let client: PGlite;
let position = { sequence: 0, sha256: JOURNAL_START };

beforeAll(async () => {
  client = await PGlite.create({ loadDataDir: await pgliteSeed() });
  await installCapture(client);
});
afterAll(() => client.close());

/** A store over the one database of this file, on a disk of its own, that goes on from where the last one ended. */
function openOn(fs = memoryJournalFs(), on = { client, position }) {
  const writer = createJournalWriter(fs, "j", on.position);
  const heard: Announcement[] = [];
  let log: CommitLog | undefined;
  const store = createPgliteStore({
    client: on.client,
    logger: silent,
    createLog: (lookAgain) => {
      log = createCommitLog({
        ...{ client: on.client, writer, clock: { nowMs: () => 0 }, logger: silent, schema: 1, lookAgain },
        length: { baseBytes: 0, bytesSinceBase: 0 },
        credentials: createCredentialsFile(fs, "."),
      });
      return log;
    },
  });
  store.subscribe((announcement) => heard.push(announcement));
  if (log === undefined) throw new Error("a store makes its log at once");
  return { fs, store, writer, heard, log };
}

let named = 0;
const add = async (store: Store) => {
  named += 1;
  const id = `pub_${named}`;
  await store.transaction(async (tx) => {
    await tx.db.insert(publishers).values({ id, name: id, createdAt });
    tx.announce({ topic: "publishers" });
  });
  return id;
};
/** Ids of publishers in the records of a journal. */
function journaled(fs: MemoryJournalFs): string[] {
  const text = [...fs.files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, data]) => Buffer.from(data).toString())
    .join("");
  // Whole records only: an unfinished one has no line end.
  const lines = text.split("\n").filter((line) => line.endsWith("}"));
  return [...new Set(lines.flatMap((line) => [...line.matchAll(/"id":"(pub_\d+)"/g)].map((match) => match[1] ?? "")))];
}

describe("a commit", () => {
  it("is on disk before it is acknowledged or announced, and power loss then takes nothing", async () => {
    const { fs, store, heard, writer } = openOn();
    const ids = [await add(store), await add(store)];
    expect(heard).toHaveLength(2);
    fs.losePower();
    expect(journaled(fs)).toEqual(ids);
    position = writer.last;
  });

  it("that wrote nothing journaled makes no record", async () => {
    const { fs, store, writer } = openOn();
    await store.transaction(async (tx) => tx.announce({ topic: "audit" }));
    await expect(
      store.transaction(async (tx) => {
        await tx.db.insert(publishers).values({ id: "pub_undone", name: "", createdAt });
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect(fs.files.size).toBe(0);
    position = writer.last;
  });

  it("that only moves what a device says of itself makes no record; one that revokes it does", async () => {
    const { store, writer } = openOn();
    await store.transaction((tx) => fillTables(tx.db));
    const { sequence } = writer.last;
    await store.transaction((tx) => tx.db.update(devices).set({ lastSeenAt: createdAt, appliedPlatform: 7 }));
    expect(writer.last.sequence).toBe(sequence);
    await store.transaction((tx) => tx.db.update(devices).set({ revokedAt: createdAt }));
    expect(writer.last.sequence).toBe(sequence + 1);
    position = writer.last;
  });

  it("cannot empty a journaled table without a record", async () => {
    const { store, writer } = openOn();
    await expect(store.transaction((tx) => tx.db.execute("truncate changes"))).rejects.toThrow();
    position = writer.last;
  });

  it("is seen by nobody before it is on disk", async () => {
    const { fs, store, writer } = openOn();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const create = fs.create;
    let isSyncing: () => void = () => undefined;
    const syncing = new Promise<void>((resolve) => {
      isSyncing = resolve;
    });
    fs.create = async (path) => {
      const file = await create(path);
      return {
        ...file,
        async sync() {
          isSyncing();
          await held;
          await file.sync();
        },
      };
    };
    const added = add(store);
    await syncing;
    let isRead = false;
    const read = store.db.select().from(publishers);
    const seen = read.then((rows) => {
      isRead = true;
      return rows;
    });
    // The database has answered by the time that a later statement on it has.
    await client.query("select 1");
    await client.query("select 1");
    expect(isRead).toBe(false);
    letGo();
    const id = await added;
    expect((await seen).map((row) => row.id)).toContain(id);
    position = writer.last;
  });
});

describe("when an operation of the disk fails", () => {
  it("a commit is on disk and told, or unavailable and told later: whichever operation it is", async () => {
    for (let failing = 1; failing <= 14; failing += 1) {
      const { fs, store, heard, writer } = openOn();
      fs.failWhen((operation) => operation === failing);
      const acknowledged: string[] = [];
      let refused = 0;
      for (let n = 0; n < 3; n += 1) {
        const told = heard.length;
        try {
          acknowledged.push(await add(store));
        } catch (error) {
          expect(error).toMatchObject({ code: "unavailable" });
          expect(heard.length, "nothing is told of what is not on disk").toBe(told);
          refused += 1;
          fs.failWhen(() => false);
        }
      }
      // A read brings the journal up, and then it may be told.
      const rows = await store.db.select().from(publishers);
      if (refused > 0) expect(heard).toContainEqual({ topic: "documents", documents: [] });
      fs.failWhen(() => false);
      fs.losePower();
      const onDisk = journaled(fs);
      for (const id of acknowledged) expect(onDisk).toContain(id);
      for (const id of onDisk) expect(rows.map((row) => row.id)).toContain(id);
      expect(refused + acknowledged.length).toBe(3);
      position = writer.last;
    }
  });

  it("while others commit at once, each of them is on disk in the end", async () => {
    for (let failing = 1; failing <= 10; failing += 1) {
      const { fs, store, writer } = openOn();
      fs.failWhen((operation) => operation === failing);
      await Promise.allSettled([add(store), add(store), add(store)]);
      fs.failWhen(() => false);
      const id = await add(store);
      const rows = (await store.db.select().from(publishers)).map((row) => row.id).filter((row) => /^pub_/.test(row));
      fs.losePower();
      const onDisk = journaled(fs);
      expect(onDisk, `operation ${failing}`).toEqual(rows.slice(-onDisk.length));
      expect(onDisk).toContain(id);
      expect(onDisk.length).toBe(writer.last.sequence - position.sequence);
      position = writer.last;
    }
  });

  it("and goes on failing, nothing is answered any more until it works again; then all of it is there", async () => {
    const { fs, store, heard, writer } = openOn();
    fs.failWhen((_, name) => name === "write");
    await expect(add(store)).rejects.toMatchObject({ code: "unavailable" });
    await expect(add(store)).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.transaction(async () => undefined)).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.db.select().from(publishers)).rejects.toMatchObject({ code: "unavailable" });
    expect(heard).toEqual([]);
    fs.failWhen(() => false);
    const id = await add(store);
    expect(heard.filter(({ topic }) => topic === "publishers")).toHaveLength(2);
    expect(journaled(fs).at(-1)).toBe(id);
    position = writer.last;
  });
});

describe("replaying", () => {
  it("makes the same rows again, in the order of history, and ends where the journal ends", async () => {
    const fs = memoryJournalFs();
    const own = await PGlite.create({ loadDataDir: await pgliteSeed() });
    await installCapture(own);
    const { store } = openOn(fs, { client: own, position: { sequence: 0, sha256: JOURNAL_START } });
    await store.transaction((tx) => fillTables(tx.db));
    for (let n = 0; n < 3; n += 1) await add(store);
    await store.transaction(async (tx) => {
      await tx.db.update(publishers).set({ name: "Renamed" });
      await tx.db.delete(publishers).where(like(publishers.id, "pub\\_%"));
      await tx.db.insert(publishers).values({ id: "pub_last", name: "Last", createdAt });
    });
    const before = await dumpJournaled(store.db);
    await own.exec(
      "update publishers set name = 'tampered'; delete from published_members; delete from journal_changes",
    );
    await rebuildRows(own, readJournal(fs, "j", 1));
    expect(await dumpJournaled(store.db)).toEqual(before);
    await add(store);
    expect(await scanJournal(fs, "j")).toMatchObject({ state: "whole", records: 6 });
    await store.close();
  });
});

describe("a journal that begins again while it is written", () => {
  /** A database of its own with some history, on a disk of its own. */
  async function fill() {
    const own = await PGlite.create({ loadDataDir: await pgliteSeed() });
    await installCapture(own);
    const opened = openOn(memoryJournalFs(), { client: own, position: { sequence: 0, sha256: JOURNAL_START } });
    await opened.store.transaction((tx) => fillTables(tx.db));
    await add(opened.store);
    return { own, ...opened };
  }
  async function rebuilt(fs: MemoryJournalFs) {
    const scan = await scanJournal(fs, "j");
    if (scan.state !== "whole" || scan.rebuildFrom === null) throw new Error(JSON.stringify(scan));
    const empty = await PGlite.create({ loadDataDir: await pgliteSeed() });
    await rebuildRows(empty, readJournal(fs, "j", scan.rebuildFrom), {});
    const { store } = openOn(memoryJournalFs(), { client: empty, position: scan.last });
    const rows = await dumpJournaled(store.db);
    await empty.close();
    return { scan, rows };
  }

  it("has every commit before, beside and after it, and what is before it is not needed", async () => {
    const { own, fs, store, log } = await fill();
    const [begun] = await Promise.all([log.beginAgain(), add(store), add(store), add(store)]);
    await add(store);
    const rows = await dumpJournaled(store.db);
    const first = await rebuilt(fs);
    expect(first.scan).toMatchObject({ rebuildFrom: begun?.from });
    expect(first.rows).toEqual(rows);
    await dropSegmentsBefore(fs, "j", begun?.from ?? 0);
    const second = await rebuilt(fs);
    expect(second.scan).toMatchObject({ first: begun?.from });
    expect(second.rows).toEqual(rows);
    expect(log.length.bytesSinceBase).toBeLessThan(log.length.baseBytes);
    await own.close();
  });

  it("loses nothing that was acknowledged, whichever operation of the disk fails or is the last", async () => {
    const { own, fs, store, log } = await fill();
    let failed = 0;
    for (let wanted = 1; ; wanted += 1) {
      const disks: MemoryJournalFs[] = [];
      const before = journaled(fs);
      fs.failWhen((operation) => {
        disks.push(fs.fork());
        return operation === wanted;
      });
      const isBegun = await log.beginAgain().then(
        () => true,
        (error) => expect(error).toMatchObject({ code: "unavailable" }) === undefined && false,
      );
      fs.failWhen(() => false);
      for (const disk of disks) {
        disk.losePower();
        const scan = await scanJournal(disk, "j");
        expect(scan, `operation ${wanted}`).toMatchObject({ state: "whole", rebuildFrom: expect.any(Number) });
        expect(
          before.every((id) => journaled(disk).includes(id)),
          `operation ${wanted}`,
        ).toBe(true);
      }
      if (isBegun) break;
      failed += 1;
      // The next commit brings the journal up.
      await add(store);
    }
    expect(failed).toBeGreaterThan(3);
    expect((await rebuilt(fs)).rows).toEqual(await dumpJournaled(store.db));
    await own.close();
  });
});
