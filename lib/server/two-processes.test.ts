import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "@/db/open-store";
import { devices } from "@/db/schema";
import type { Store } from "@/db/store";
import { postgresServer } from "@/db/testing/postgres-server";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { resignDocuments } from "@/lib/sync/resign-documents";
import { createRuntimeApi, type RuntimeApi } from "@/lib/sync/runtime/runtime-api";
import { openRuntimeFixture, type RuntimeFixture } from "@/lib/sync/testing/runtime-fixture";
import { boundPort, type HttpFace, openHttpFace } from "./http-face";
import { readStream } from "./testing/read-stream";

let here: RuntimeFixture;
let there: { store: Store; api: RuntimeApi; face: HttpFace };
beforeAll(async () => {
  const url = await (await postgresServer()).createDatabase();
  const open = async () => (await openStore({ location: { kind: "postgres", url }, logger: () => undefined })).store;
  here = await openRuntimeFixture({ store: await open() });
  await here.addProgram("com.example.a");
  const store = await open();
  const { accessKey, bundles, ctx } = here;
  const api = createRuntimeApi({ store, bundles, ctx, accessKey, validatesOutput: true });
  const face = await openHttpFace("127.0.0.1", 0);
  face.serve(api.openStream);
  there = { store, api, face };
});
afterAll(async () => {
  there.api.close();
  await there.face.close(0);
  await there.store.close();
  await here.close();
  await here.store.close();
});

const publish = (store: Store) =>
  store.transaction((tx) =>
    publishDocuments(tx, here.ctx, { appIds: ["com.example.a"], platform: true, changeSetId: null, narrows: false }),
  );

describe("two processes on one Postgres", () => {
  it("tell each other's devices of a publish, and serve the new document at once", async () => {
    const { accessToken } = await here.addDevice();
    const stream = await readStream(`http://127.0.0.1:${boundPort(there.face.server)}`, accessToken);
    await expect.poll(() => stream.events.length).toBe(1);
    const published = await publish(here.store);
    await expect.poll(() => stream.events.length).toBe(3);
    expect(stream.events.at(-1)).toMatchObject({ data: { kind: "platform", revision: published.platform.revision } });
    const request = new Request("http://there.test/api/runtime/v1/platform");
    const response = await there.api.handlers.platform(request);
    expect(response.headers.get("etag")).toContain(`-${published.platform.revision}"`);
    stream.stop();
  });

  it("never give two publishes at once the same revision", async () => {
    const stores = [here.store, there.store, here.store, there.store];
    const published = await Promise.all(stores.map(publish));
    expect(new Set(published.map(({ platform }) => platform.revision)).size).toBe(4);
  });

  it("ask a device to report in whichever of them its stream is open, while somebody looks at it", async () => {
    const { accessToken, deviceId } = await here.addDevice();
    const stream = await readStream(`http://127.0.0.1:${boundPort(there.face.server)}`, accessToken);
    await expect.poll(() => stream.events.length).toBe(1);
    await here.store.transaction(async (tx) => tx.announce({ topic: "watch", watched: { deviceId } }));
    const newest = () => {
      here.clock.advance(0.2);
      return stream.events.at(-1)?.event;
    };
    await expect.poll(newest, { timeout: 20_000 }).toBe("reportNow");
    stream.stop();
  });

  it("end a revoked device's stream in whichever of them it is open", async () => {
    const { accessToken, deviceId } = await here.addDevice();
    const stream = await readStream(`http://127.0.0.1:${boundPort(there.face.server)}`, accessToken);
    await here.store.transaction(async (tx) => {
      await tx.db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, deviceId));
      tx.announce({ topic: "devices", deviceId, revoked: true });
    });
    await stream.ended;
    expect(stream.events.at(-1)?.event).toBe("revoked");
  });

  it("sign what is due once", async () => {
    here.clock.advance(10 * 3_600);
    const signed = await Promise.all([here.store, there.store].map((store) => resignDocuments(store, here.ctx)));
    expect(signed.filter((published) => published !== null)).toHaveLength(1);
  });
});
