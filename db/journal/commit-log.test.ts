import { PGlite } from "@electric-sql/pglite";
import { eq, like } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Logger } from "@/lib/platform/logger";
import { createPgliteStore } from "../pglite/create-pglite-store";
import { credentials, devices, publishers } from "../schema";
import type { Announcement, Store } from "../store";
import { dumpJournaled, fillTables } from "../testing/fill-tables";
import { type MemoryJournalFs, memoryJournalFs } from "../testing/memory-journal-fs";
import { pgliteSeed } from "../testing/pglite-seed";
import { type BegunAgain, type CommitLog, createCommitLog } from "./commit-log";
import { compareRows } from "./compare-rows";
import { createCredentialsFile } from "./credentials-file";
import { installCapture } from "./install-capture";
import { JOURNAL_START, parseRecord } from "./journal-frame";
import type { JournalLength } from "./journal-length";
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
function openOn(fs = memoryJournalFs(), on = { client, position }, length = { baseBytes: 0, bytesSinceBase: 0 }) {
  const writer = createJournalWriter(fs, "j", on.position);
  const heard: Announcement[] = [];
  const begun: BegunAgain[] = [];
  let log: CommitLog | undefined;
  const store = createPgliteStore({
    client: on.client,
    logger: silent,
    onBegunAgain: async (one) => void begun.push(one),
    createLog: (lookAgain) => {
      log = createCommitLog({
        ...{ client: on.client, writer, clock: { nowMs: () => 0 }, logger: silent, schema: 1, lookAgain },
        ...{ length, partCharacters: PART_CHARACTERS },
        credentials: createCredentialsFile(fs, "."),
      });
      return log;
    },
  });
  store.subscribe((announcement) => heard.push(announcement));
  if (log === undefined) throw new Error("a store makes its log at once");
  return { fs, store, writer, heard, begun, log };
}

/** So that a base of few rows has many parts. */
const PART_CHARACTERS = 400;

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
  async function fill(length?: JournalLength) {
    const own = await PGlite.create({ loadDataDir: await pgliteSeed() });
    await installCapture(own);
    const opened = openOn(memoryJournalFs(), { client: own, position: { sequence: 0, sha256: JOURNAL_START } }, length);
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

  /** All parts of a base, each as if nobody else had the database. */
  async function beginAgain({ log }: { log: CommitLog }): Promise<BegunAgain> {
    for (;;) {
      const begun = await log.writeBasePart((work) => work());
      if (begun !== null) return begun;
    }
  }
  it("leaves no room of changes that were sealed, which each commit after them would read", async () => {
    const { own, store } = await fill();
    const room = async () =>
      (await own.query<{ bytes: number }>("select pg_relation_size('journal_changes')::float8 as bytes")).rows[0]
        ?.bytes;
    await store.transaction(async ({ db }) => {
      const rows = Array.from({ length: 500 }, (_, n) => ({ id: `pub_room${n}`, name: `room ${n}`, createdAt }));
      await db.insert(publishers).values(rows);
    });
    expect(await room()).toBeGreaterThan(0);
    await store.tendJournal();
    expect(await room()).toBe(0);
    await own.close();
  });

  /** Rows that are each more than a part. */
  const addLarge = (store: Store, ids: readonly string[]) =>
    store.transaction((tx) =>
      tx.db.insert(publishers).values(ids.map((id) => ({ id, name: id.repeat(PART_CHARACTERS), createdAt }))),
    );
  /** Whether the newest part has such a row. */
  const isInPart = async (own: PGlite, id: string) => {
    const { rows } = await own.query<{ line: string }>(
      "select line from journal_records order by sequence desc limit 1",
    );
    return parseRecord(rows[0]?.line ?? "")?.changes.some(({ row }) => row.id === id) === true;
  };

  it("has every commit before, beside and after it, and what is before it is not needed", async () => {
    const { own, fs, store, log, begun } = await fill({ baseBytes: 0, bytesSinceBase: 9 * 1024 * 1024 });
    await addLarge(store, ["a_1", "a_2", "a_3"]);
    expect(log.wantsBase).toBe(true);
    const [isMore] = await Promise.all([store.tendJournal(), add(store), add(store), add(store)]);
    expect([isMore, log.wantsBase]).toEqual([false, false]);
    await add(store);
    const rows = await dumpJournaled(store.db);
    const first = await rebuilt(fs);
    const from = begun[0]?.from ?? 0;
    expect(begun).toHaveLength(1);
    expect(first.scan).toMatchObject({ rebuildFrom: from });
    expect(first.rows).toEqual(rows);
    await dropSegmentsBefore(fs, "j", from);
    const second = await rebuilt(fs);
    expect(second.scan).toMatchObject({ first: from });
    expect(second.rows).toEqual(rows);
    expect(log.length.bytesSinceBase).toBeLessThan(log.length.baseBytes);
    const { baseBytes, bytesSinceBase } = second.scan;
    expect(baseBytes).toBeGreaterThanOrEqual(log.length.baseBytes);
    expect(bytesSinceBase).toBeGreaterThanOrEqual(log.length.bytesSinceBase);
    await own.close();
  });

  it("tells what the rows are, half-way and at its end, whatever is written between two, behind and before them", async () => {
    const { own, fs, store, log } = await fill();
    await addLarge(store, ["a_1", "a_2", "b_1", "b_2", "c_1", "c_2", "d_1"]);
    const { db } = store;
    const set = (id: string, to: Partial<typeof publishers.$inferInsert>) =>
      store.transaction((tx) => tx.db.update(publishers).set(to).where(eq(publishers.id, id)));
    const remove = (id: string) => store.transaction((tx) => tx.db.delete(publishers).where(eq(publishers.id, id)));
    const between: (() => Promise<unknown>)[] = [
      () => Promise.all([set("a_1", { name: "changed" }), set("c_1", { name: "changed" })]),
      () => Promise.all([remove("a_2"), remove("c_2")]),
      () => Promise.all([set("a_1", { id: "c_3" }), set("c_1", { id: "a_0" })]),
      () => store.transaction((tx) => tx.db.update(credentials).set({ changedAt: new Date(createdAt.getTime() + 1) })),
      () => store.transaction((tx) => tx.db.delete(credentials)),
    ];
    let [isThere, isWhole] = [false, false];
    while (!isWhole) {
      isWhole = (await log.writeBasePart((work) => work())) !== null;
      isThere ||= await isInPart(own, "a_1");
      if (!isThere) continue;
      await between.shift()?.();
      if (between.length === 2) expect((await rebuilt(fs)).rows).toEqual(await dumpJournaled(db));
    }
    expect(between).toEqual([]);
    await add(store);
    expect((await rebuilt(fs)).rows).toEqual(await dumpJournaled(db));
    expect(await compareRows(own, readJournal(fs, "j", 1))).toEqual([]);
    await own.close();
  });

  it("that was given up counts for nothing, and another one takes its place", async () => {
    const { own, fs, store, writer, log } = await fill();
    await addLarge(store, ["a_1", "a_2", "a_3"]);
    await log.writeBasePart((work) => work());
    await log.writeBasePart((work) => work());
    await add(store);
    const before = await scanJournal(fs, "j");
    expect(before).toMatchObject({ rebuildFrom: 1, baseBytes: 0 });
    // As after the end of the process: nobody knows of it any more.
    const again = openOn(fs, { client: own, position: writer.last });
    await again.store.transaction((tx) => tx.db.delete(publishers).where(eq(publishers.id, "a_1")));
    const { from } = await beginAgain(again);
    await add(again.store);
    expect(await rebuilt(fs)).toMatchObject({
      scan: { rebuildFrom: from },
      rows: await dumpJournaled(again.store.db),
    });
    await dropSegmentsBefore(fs, "j", from);
    expect((await rebuilt(fs)).rows).toEqual(await dumpJournaled(again.store.db));
    await own.close();
  });

  it("loses nothing that was acknowledged, whichever operation of the disk fails or is the last", async () => {
    const { own, fs, store, log } = await fill();
    await addLarge(store, ["a_1", "a_2"]);
    let failed = 0;
    for (let wanted = 1; ; wanted += 1) {
      const disks: MemoryJournalFs[] = [];
      const before = journaled(fs);
      fs.failWhen((operation) => {
        disks.push(fs.fork());
        return operation === wanted;
      });
      const isBegun = await beginAgain({ log }).then(
        () => true,
        (error: unknown) => expect(error).toMatchObject({ code: "unavailable" }) === undefined && false,
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
      expect(log.wantsBase, "nothing is written while the journal is behind").toBe(false);
      // The next commit brings the journal up, and the base goes on from where it is.
      await add(store);
    }
    expect(failed).toBeGreaterThan(3);
    const { scan, rows } = await rebuilt(fs);
    expect(rows).toEqual(await dumpJournaled(store.db));
    await dropSegmentsBefore(fs, "j", scan.rebuildFrom ?? 0);
    expect((await rebuilt(fs)).rows).toEqual(rows);
    await own.close();
  });
});
