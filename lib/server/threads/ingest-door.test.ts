import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "@/db/open-store";
import { telemetryMinutes } from "@/db/schema";
import { postgresServer } from "@/db/testing/postgres-server";
import { createRouter } from "@/lib/http/router";
import { createRuntimeApi, runtimeRoutedHandlers } from "@/lib/sync/runtime/runtime-api";
import { buildBatch, buildMinute } from "@/lib/sync/testing/batch-builder";
import { openRuntimeFixture, type RuntimeFixture } from "@/lib/sync/testing/runtime-fixture";
import { listVersion } from "@/lib/sync/testing/sync-fixture";
import { type IngestDoor, startIngestThread } from "./ingest-door";
import { postgresSource } from "./store-source";
import type { ThreadScript } from "./thread-script";
import { threadScript } from "./thread-script";

let url = "";
let folder = "";
let fixture: RuntimeFixture;
const doors: IngestDoor[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-ingest-"));
  url = await (await postgresServer()).createDatabase();
  const { store } = await openStore({ location: { kind: "postgres", url }, logger: () => undefined });
  fixture = await openRuntimeFixture({ store });
  await fixture.addProgram("com.example.a");
  await listVersion(store, "com.example.a", 1);
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close();
});
afterAll(async () => {
  await fixture.close();
  await fixture.store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The runtime's doors with a thread behind them that takes telemetry in. */
function openDoor(script?: ThreadScript) {
  const logged: string[] = [];
  const logger = (_: string, event: string) => void logged.push(event);
  const door = startIngestThread({
    source: postgresSource(url, { ingest: 1 }),
    roots: null,
    logger,
    ...(script === undefined ? {} : { script }),
  });
  doors.push(door);
  const { store, bundles, ctx, accessKey } = fixture;
  const api = createRuntimeApi({ store, bundles, ctx, accessKey, validatesOutput: true, evidence: door });
  const router = createRouter(runtimeRoutedHandlers(api), ctx);
  const send = (token: string, body: BodyInit, headers: Record<string, string> = {}) =>
    router(
      new Request("http://console.test/api/runtime/v1/telemetry", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
        body,
        duplex: "half",
      } as RequestInit),
    );
  const isUp = () => expect.poll(() => door.thread().state).toBe("running");
  return { door, send, isUp, logged };
}

const batch = () => {
  const at = Math.floor(Date.now() / 1000);
  const minutes = [buildMinute(at, { requests: 3 })];
  return JSON.stringify(buildBatch(at, { programs: [{ appId: "com.example.a", versionCode: 1, minutes }] }));
};
const requestsOf = async (deviceId: string) => {
  const rows = await fixture.store.db.select().from(telemetryMinutes).where(eq(telemetryMinutes.deviceId, deviceId));
  return rows.map(({ requests }) => requests);
};
const gzip = async (text: string) =>
  new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );

describe("the thread that takes telemetry in", () => {
  it("answers as the doors do without it: counted, refused, too large once unfolded", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const { send, isUp } = openDoor();
    await isUp();
    const folded = await send(accessToken, await gzip(batch()), { "content-encoding": "gzip" });
    expect([folded.status, await folded.json()]).toMatchObject([200, { accepted: 1 }]);
    expect(await requestsOf(deviceId)).toEqual([3]);
    const answers = [
      await send(accessToken, "{"),
      await send(accessToken, "{}"),
      await send(accessToken, "{}", { "content-type": "text/plain" }),
      await send(accessToken, await gzip("x".repeat(2 * 1024 * 1024)), { "content-encoding": "gzip" }),
      await send(accessToken, "no gzip", { "content-encoding": "gzip" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 415, 413, 400]);
    expect(await answers[1]?.json()).toMatchObject({ error: { code: "invalid_input", details: expect.any(Array) } });
  });

  it("that dies before it answers is started again, and the same batch sent again is counted once", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    const { script } = threadScript("ingest-thread");
    const died = JSON.stringify(join(folder, "died"));
    // Ends where the batch is written and its answer is not yet sent, the first time.
    const text = `const { parentPort } = require("node:worker_threads"); const fs = require("node:fs");
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (message, transfer) => {
        if (message.kind === "answer" && message.value?.accepted !== undefined && !fs.existsSync(${died})) {
          fs.writeFileSync(${died}, "");
          process.exit(3);
        }
        post(message, transfer);
      };
      ${script}`;
    const { send, isUp, logged } = openDoor({ script: text, isText: true });
    await isUp();
    const body = batch();
    const lost = await send(accessToken, body);
    expect([lost.status, Number(lost.headers.get("retry-after")) > 0]).toEqual([503, true]);
    expect(existsSync(join(folder, "died"))).toBe(true);
    expect(logged).toContain("thread_ended");
    await isUp();
    const again = await send(accessToken, body);
    expect([again.status, await again.json()]).toMatchObject([200, { accepted: 1 }]);
    expect(await requestsOf(deviceId)).toEqual([3]);
  });

  it("takes what only says that documents were applied before the minutes that wait: somebody waits for it", async () => {
    const { script } = threadScript("ingest-thread");
    const [go, order] = ["go", "order"].map((name) => JSON.stringify(join(folder, name)));
    // Holds its answers until it may go on, so that all turns are taken, and notes how long each batch is that it is asked to take.
    const text = `const { parentPort } = require("node:worker_threads"); const fs = require("node:fs");
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (message, transfer) => {
        if (message.kind !== "answer" || message.value?.accepted === undefined) return post(message, transfer);
        const look = () => (fs.existsSync(${go}) ? post(message, transfer) : setTimeout(look, 5));
        look();
      };
      const on = parentPort.on.bind(parentPort);
      parentPort.on = (event, listener) => on(event, (message) => {
        if (message.what === "telemetry") fs.appendFileSync(${order}, message.input.received.bytes.byteLength + " ");
        listener(message);
      });
      ${script}`;
    const { send, door } = openDoor({ script: text, isText: true });
    await door.firstUp;
    const devices = await Promise.all(Array.from({ length: 35 }, () => fixture.addDevice()));
    const empty = JSON.stringify(buildBatch(Math.floor(Date.now() / 1000), {}));
    const minutes = () => batch().padEnd(2_000);
    const sized = (text: string) => ({ "content-length": String(text.length) });
    const answers = devices.slice(0, 34).map(({ accessToken }) => send(accessToken, minutes(), sized(minutes())));
    await expect.poll(() => door.queue().waiting).toBe(2);
    answers.push(send(devices[34]?.accessToken ?? "", empty, sized(empty)));
    await expect.poll(() => door.queue().waiting).toBe(3);
    writeFileSync(join(folder, "go"), "");
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(35).fill(200));
    const lengths = readFileSync(join(folder, "order"), "utf8").trim().split(" ").map(Number);
    expect(lengths).toEqual([...Array(32).fill(2_000), empty.length, 2_000, 2_000]);
  });

  it("sends a device away whose share is taken, reads nothing of what it sends, and goes on with others", async () => {
    const [flood, other] = [await fixture.addDevice(), await fixture.addDevice()];
    const { send, isUp, door } = openDoor();
    await isUp();
    const held: ReadableStreamDefaultController<Uint8Array>[] = [];
    const slow = () => new ReadableStream<Uint8Array>({ start: (controller) => void held.push(controller) });
    const slowAnswers = [send(flood.accessToken, slow()), send(flood.accessToken, slow())];
    let isRead = false;
    const unread = new ReadableStream<Uint8Array>(
      {
        pull() {
          isRead = true;
        },
      },
      { highWaterMark: 0 },
    );
    await expect
      .poll(async () => {
        const refused = await send(flood.accessToken, unread);
        return [refused.status, refused.headers.has("retry-after")];
      })
      .toEqual([503, true]);
    expect(isRead).toBe(false);
    expect((await send(other.accessToken, batch())).status).toBe(200);
    expect(door.queue().refusedLately).toBe(1);
    for (const controller of held) {
      controller.enqueue(new TextEncoder().encode("{}"));
      controller.close();
    }
    expect((await Promise.all(slowAnswers)).map(({ status }) => status)).toEqual([400, 400]);
  });

  it("takes no more bytes at once than it may hold, whatever a body says of its size", async () => {
    const senders = await Promise.all(Array.from({ length: 33 }, () => fixture.addDevice()));
    const { send, isUp } = openDoor();
    await isUp();
    const held: ReadableStreamDefaultController<Uint8Array>[] = [];
    const slow = () => new ReadableStream<Uint8Array>({ start: (controller) => void held.push(controller) });
    const answers = senders.map(({ accessToken }) => send(accessToken, slow()));
    // Each may be a megabyte, and 32 are held.
    expect((await Promise.race(answers)).status).toBe(503);
    for (const controller of held) controller.error(new Error("hung up"));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(32);
  });
});
