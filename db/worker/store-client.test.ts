import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { LOOK_AGAIN } from "../announcements";
import { lockPlatform } from "../lock-platform";
import { people } from "../schema";
import type { Announcement } from "../store";
import { eachOf, type Posted } from "./outbox";
import { createStoreClient } from "./store-client";
import type { Asked, Told } from "./wire";

/** A client whose other side the test is: it answers all questions but one kind, at which its thread ends. */
function open() {
  const { port1: control, port2 } = new MessageChannel();
  const store = createStoreClient(port2, { logger: () => undefined });
  const connect = (endsAt: Asked["ask"] | null): MessagePort => {
    const { port1: line, port2: theirs } = new MessageChannel();
    line.on("message", (posted: Posted<Asked>) => {
      for (const asked of eachOf(posted)) {
        if (asked.ask === endsAt) line.close();
        else line.postMessage({ id: asked.id, value: { rows: [] } } satisfies Told);
      }
    });
    control.postMessage({ connected: theirs }, [theirs]);
    return line;
  };
  const close = async (line: MessagePort) => {
    await store.close();
    line.close();
    control.close();
  };
  return { store, connect, close };
}

describe("a client whose store's thread ends", () => {
  it("is told that it may ask again, and at a commit that it must look first", async () => {
    const { store, connect, close } = open();
    connect("query");
    await expect(store.db.execute("select 1")).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
    await expect(store.db.execute("select 1")).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 2 });
    const heard = new Promise<void>((resolve) => void store.subscribe(() => resolve()));
    connect("commit");
    await heard;
    await expect(store.transaction(async () => undefined)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("Look whether the change was made"),
    });
    await close(connect(null));
  });

  it("waits for its first connection, and looks again at each later one", async () => {
    const { store, connect, close } = open();
    const heard: Announcement[] = [];
    store.subscribe((announcement) => heard.push(announcement));
    const early = store.db.execute("select 1");
    connect(null);
    await expect(early).resolves.toMatchObject({ rows: [] });
    expect(heard).toEqual([]);
    const again = new Promise<void>((resolve) => {
      store.subscribe(({ topic }) => topic === LOOK_AGAIN.at(-1)?.topic && resolve());
    });
    const line = connect(null);
    await again;
    expect(heard).toEqual(LOOK_AGAIN);
    await close(line);
  });

  it("rolls back on an error, and raises that error", async () => {
    const { store, connect, close } = open();
    const line = connect(null);
    const asked = hear(line);
    const failure = new Error("no");
    const failing = store.transaction(async ({ db }) => {
      await db.execute("select 1");
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(asked).toEqual([["begin", "select 1"], ["rollback"]]);
    await close(line);
  });
});

/** What is asked at a line, each message by itself. */
function hear(line: MessagePort): string[][] {
  const messages: string[][] = [];
  line.on("message", (posted: Posted<Asked>) =>
    messages.push(eachOf(posted).map((asked) => ("statement" in asked ? asked.statement.sql : asked.ask))),
  );
  return messages;
}

describe("a transaction of another thread", () => {
  it("begins with what it asks first, and asks in one message all that waits for no answer", async () => {
    const { store, connect, close } = open();
    const line = connect(null);
    const messages = hear(line);
    await store.transaction(async ({ db }) => {
      const later = async () => {
        await Promise.resolve();
        return await db.execute("select 2");
      };
      await Promise.all([db.execute("select 1"), later()]);
      await db.execute("select 3");
    });
    expect(messages).toEqual([["begin", "select 1", "select 2"], ["select 3"], ["commit"]]);
    await close(line);
  });

  it("asks nothing where it fails before it has asked anything", async () => {
    const { store, connect, close } = open();
    const line = connect(null);
    const messages = hear(line);
    const failure = new Error("no");
    await expect(store.transaction(() => Promise.reject(failure))).rejects.toBe(failure);
    await store.db.execute("select 1");
    expect(messages).toEqual([["select 1"]]);
    await close(line);
  });

  it("reads behind the platform's lock what it asks after it, without waiting for it", async () => {
    const { store, connect, close } = open();
    const line = connect(null);
    const messages = hear(line);
    const locking = store.transaction(async (tx) => {
      const lock = lockPlatform(tx);
      const reading = tx.db.select({ id: people.id }).from(people).execute();
      await Promise.all([lock, reading]);
    });
    // The other side answers without a row.
    await expect(locking).rejects.toMatchObject({ code: "internal" });
    expect(messages[0]).toEqual([
      "begin",
      expect.stringMatching(/from "platform" for update$/),
      expect.stringContaining('from "people"'),
    ]);
    await close(line);
  });
});
