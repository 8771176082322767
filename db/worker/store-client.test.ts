import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { LOOK_AGAIN } from "../announcements";
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
    const asked: string[] = [];
    line.on("message", (posted: Posted<Asked>) => asked.push(...eachOf(posted).map(({ ask }) => ask)));
    const failure = new Error("no");
    await expect(store.transaction(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(asked).toEqual(["begin", "rollback"]);
    await close(line);
  });
});
