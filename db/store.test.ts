import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { AppError } from "@/lib/platform/errors";
import { createLogger } from "@/lib/platform/logger";
import { ANNOUNCEMENT_BYTES_MAX, splitAnnouncement } from "./announcements";
import { bundles, publishers } from "./schema";
import type { Announcement, Transaction } from "./store";
import { describeStores, openTestStore, testStoreKind } from "./testing/with-test-store";

const createdAt = new Date("2026-01-01T00:00:00Z");
const addPublisher = (tx: Transaction, id: string) =>
  tx.db.insert(publishers).values({ id, name: `Publisher ${id}`, createdAt });

/** Resolves when `count` announcements were heard. */
function hear(subscribe: (listener: (a: Announcement) => void) => () => void, count: number): Promise<Announcement[]> {
  return new Promise((resolve) => {
    const heard: Announcement[] = [];
    const stop = subscribe((announcement) => {
      heard.push(announcement);
      if (heard.length === count) {
        stop();
        resolve(heard);
      }
    });
  });
}

describeStores("store", (held) => {
  it("keeps what a transaction wrote, and nothing of one that failed", async () => {
    await held.store.transaction((tx) => addPublisher(tx, "pub_kept"));
    const failure = new AppError("conflict", "No.");
    await expect(
      held.store.transaction(async (tx) => {
        await addPublisher(tx, "pub_lost");
        throw failure;
      }),
    ).rejects.toBe(failure);
    const rows = await held.store.db.select().from(publishers);
    expect(rows.map((row) => row.id)).toEqual(["pub_kept"]);
    expect(rows[0]?.createdAt).toEqual(createdAt);
  });

  it("does nothing of what is asked of a transaction after its end, though something of it went on", async () => {
    let goOn: () => void = () => undefined;
    const later = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const late: Promise<unknown>[] = [];
    const failing = held.store.transaction(async (tx) => {
      late.push(later.then(() => addPublisher(tx, "pub_late")));
      await tx.db.execute(sql`select 1/0`);
    });
    await expect(failing).rejects.toMatchObject({ cause: { code: "22012" } });
    const empty = held.store.transaction(async (tx) => {
      late.push(later.then(() => addPublisher(tx, "pub_late")));
      throw new AppError("conflict", "No.");
    });
    await expect(empty).rejects.toMatchObject({ code: "conflict" });
    goOn();
    for (const one of late) await expect(one).rejects.toThrow();
    const rows = await held.store.db.select().from(publishers);
    expect(rows.map(({ id }) => id)).not.toContain("pub_late");
    await held.store.transaction((tx) => addPublisher(tx, "pub_goes_on"));
  });

  it("tells of statements that were asked at once what the first that failed failed of, whoever is heard first", async () => {
    const deep = async (tx: Transaction) => {
      await Promise.resolve();
      await (async () => await tx.db.execute(sql`select 1/0`))();
    };
    const asked = held.store.transaction(async (tx) => {
      const failed = deep(tx);
      await Promise.resolve();
      const found = await Promise.allSettled([failed, tx.db.execute("select 2"), addPublisher(tx, "pub_beside")]);
      expect(found.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
      for (const one of found) expect(one).toMatchObject({ reason: { cause: { code: "22012" } } });
      await Promise.all([tx.db.execute("select 3"), failed]);
    });
    await expect(asked).rejects.toMatchObject({ cause: { code: "22012" } });
  });

  it("says how long a transaction had the database, without what it waited for another", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const told: number[] = [];
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const holding = held.store.transaction(async (tx) => {
      tx.onHeld((ms) => told.push(ms));
      await tx.db.execute(sql`select 1`);
      begun();
      await released;
      await tx.db.execute(sql`select pg_sleep(1)`);
    });
    await hasBegun;
    const waiting = held.store.transaction(async (tx) => {
      tx.onHeld((ms) => told.push(ms));
      await tx.db.execute(sql`select 2`);
    });
    release();
    await Promise.all([holding, waiting]);
    expect(Math.max(...told)).toBeGreaterThanOrEqual(1_000);
    expect(Math.min(...told)).toBeLessThan(1_000);
  });

  it("lets whoever hears an announcement read what was committed, at once", async () => {
    const reading = new Promise<number>((resolve, reject) => {
      const stop = held.store.subscribe((announcement) => {
        if (announcement.topic !== "publishers") return;
        stop();
        held.store.db
          .select()
          .from(publishers)
          .then((rows) => resolve(rows.filter(({ id }) => id === "pub_heard").length), reject);
      });
    });
    await held.store.transaction(async (tx) => {
      await tx.db.insert(publishers).values({ id: "pub_heard", name: "Heard", createdAt: new Date(0) });
      tx.announce({ topic: "publishers" });
    });
    expect(await reading).toBe(1);
  });

  it("announces after commit, in order, and never what was rolled back", async () => {
    const heard = hear(held.store.subscribe, 2);
    await expect(
      held.store.transaction(async (tx) => {
        tx.announce({ topic: "people" });
        throw new AppError("conflict", "No.");
      }),
    ).rejects.toMatchObject({ code: "conflict" });
    await held.store.transaction(async (tx) => {
      tx.announce({ topic: "audit" });
      tx.announce({ topic: "telemetry", appIds: ["a.b"] });
    });
    expect(await heard).toEqual([{ topic: "audit" }, { topic: "telemetry", appIds: ["a.b"] }]);
  });

  it("tells of more documents than one notification can carry, each part with all that was said of them", async () => {
    const documents = Array.from({ length: 200 }, (_, n) => ({
      kind: "program" as const,
      appId: `com.example.${"x".repeat(90)}.p${n}`,
      epoch: 1,
      revision: n + 1,
    }));
    const told: typeof documents = [];
    const paces = new Set<unknown>();
    const complete = new Promise<void>((resolve) => {
      held.store.subscribe((announcement) => {
        if (announcement.topic === "documents") {
          told.push(...(announcement.documents as typeof documents));
          paces.add(announcement.pace);
        }
        if (told.length === documents.length) resolve();
      });
    });
    await held.store.transaction(async (tx) => tx.announce({ topic: "documents", documents, pace: "calm" }));
    await complete;
    expect(told).toEqual(documents);
    expect(paces).toEqual(new Set(["calm"]));
  });

  it("goes on telling when one listener throws", async () => {
    const stop = held.store.subscribe(() => {
      throw new Error("a broken listener");
    });
    const heard = hear(held.store.subscribe, 1);
    await held.store.transaction(async (tx) => tx.announce({ topic: "programs" }));
    expect(await heard).toEqual([{ topic: "programs" }]);
    stop();
  });

  it("refuses a transaction or an outer read inside a transaction instead of waiting for ever", async () => {
    await expect(held.store.transaction(() => held.store.transaction(async () => undefined))).rejects.toMatchObject({
      code: "internal",
    });
    await expect(held.store.transaction(() => held.store.db.select().from(publishers))).rejects.toMatchObject({
      code: "internal",
    });
  });

  it("raises no statement's values, which a log would keep", async () => {
    const failing = [
      held.store.transaction(async (tx) => {
        await tx.db.insert(publishers).values({ id: "pub_once", name: "s3cret", createdAt });
        await tx.db.insert(publishers).values({ id: "pub_once", name: "s3cret", createdAt });
      }),
      held.store.db.select().from(publishers).where(sql`no_such_function(${"s3cret"})`),
    ];
    for (const result of await Promise.allSettled(failing)) {
      if (result.status === "fulfilled") throw new Error("the statement should have failed");
      const lines: string[] = [];
      createLogger((line) => lines.push(line))("error", "failed", { error: result.reason });
      expect(lines.join("")).toMatch(/A statement failed/);
      expect(lines.join("")).not.toMatch(/s3cret/);
    }
    // What callers ask: which rule of the database it was.
    const [first] = await Promise.allSettled(failing);
    expect(first).toMatchObject({ reason: { cause: { code: "23505" } } });
  });

  it("gives bytes back as they were", async () => {
    const content = new Uint8Array([0, 1, 92, 255, 0]);
    await held.store.transaction((tx) =>
      tx.db.insert(bundles).values({ sha256: "ab", sizeBytes: content.length, content, signature: content, createdAt }),
    );
    const [row] = await held.store.db.select().from(bundles).where(eq(bundles.sha256, "ab"));
    expect(row?.content instanceof Uint8Array && [...row.content]).toEqual([...content]);
    expect(row?.sizeBytes).toBe(content.length);
  });
});

describe(`a closed store (${testStoreKind()})`, () => {
  it("is unavailable, and closing twice is closing once", async () => {
    const store = await openTestStore();
    await store.close();
    await store.close();
    await expect(store.transaction(async () => undefined)).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.db.select().from(publishers)).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.db.query.publishers.findFirst()).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.db.$count(publishers)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("splitAnnouncement", () => {
  it("keeps every piece below what a notification may carry", () => {
    const appIds = Array.from({ length: 500 }, (_, n) => `com.example.${"y".repeat(100)}${n}`);
    const pieces = splitAnnouncement({ topic: "denials", appIds });
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) expect(JSON.stringify(piece).length).toBeLessThanOrEqual(ANNOUNCEMENT_BYTES_MAX);
    expect(pieces.flatMap((piece) => (piece.topic === "denials" ? piece.appIds : []))).toEqual(appIds);
  });
});
