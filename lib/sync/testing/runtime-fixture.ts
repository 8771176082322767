import { createHash, randomBytes } from "node:crypto";
import { keepBundle } from "@/db/bundles/bundle-files";
import { bundles, enrolmentTokens, versions } from "@/db/schema";
import type { Store } from "@/db/store";
import type { TestStoreOptions } from "@/db/testing/with-test-store";
import type { Labels } from "@/lib/domain/labels";
import { createRouter } from "@/lib/http/router";
import { createRuntimeApi, type RuntimeApi, runtimeRoutedHandlers } from "../runtime/runtime-api";
import { createDeviceKey, type DeviceKey, enrollBody, tokenBody } from "./device-key";
import { openSyncFixture, type SyncFixture, TEST_PLATFORM } from "./sync-fixture";

export type RuntimeFixture = SyncFixture & {
  api: RuntimeApi;
  /** What every process of this store seals access tokens with. */
  accessKey: Buffer;
  fetch(path: string, init?: RequestInit & { token?: string }): Promise<Response>;
  post(path: string, body: unknown, token?: string): Promise<Response>;
  /** A one-time token, stored as `createEnrolment` stores it. */
  addEnrolment(labels?: Labels): Promise<string>;
  nowSeconds(): number;
  /** Enrols a new device and gets its access token, through the doors. */
  addDevice(): Promise<{ key: DeviceKey; deviceId: string; accessToken: string }>;
  /** A submitted bundle, not listed yet; answers with its digest. */
  addBundle(appId: string, content: Uint8Array): Promise<string>;
};

const BASE = "http://console.test/api/runtime/v1";

/** A platform with its runtime API, called as a fetch handler. */
export async function openRuntimeFixture(options: TestStoreOptions & { store?: Store } = {}): Promise<RuntimeFixture> {
  const fixture = await openSyncFixture(options);
  const { store, ctx, clock } = fixture;
  const accessKey = randomBytes(32);
  const api = createRuntimeApi({ store, bundles: fixture.bundles, ctx, accessKey, validatesOutput: true });
  const router = createRouter(runtimeRoutedHandlers(api), ctx);
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000);

  const fetch: RuntimeFixture["fetch"] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (init.token !== undefined) headers.set("authorization", `Bearer ${init.token}`);
    return router(new Request(`${BASE}/${path}`, { ...init, headers }));
  };
  const post: RuntimeFixture["post"] = (path, body, token) =>
    fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(token === undefined ? {} : { token }),
    });

  async function addEnrolment(labels: Labels = {}): Promise<string> {
    const token = randomBytes(24).toString("base64url");
    const createdAt = new Date(clock.nowMs());
    await store.transaction(async ({ db }) => {
      await db.insert(enrolmentTokens).values({
        id: ctx.ids.next("enrolment"),
        tokenSha256: createHash("sha256").update(token).digest("hex"),
        deviceName: "Bench phone",
        labels,
        createdBy: "per_test",
        createdAt,
        expiresAt: new Date(createdAt.getTime() + 3_600_000),
      });
    });
    return token;
  }

  return {
    ...fixture,
    api,
    accessKey,
    fetch,
    post,
    addEnrolment,
    nowSeconds,
    async addDevice() {
      const key = createDeviceKey();
      const options = { platform: TEST_PLATFORM, iat: nowSeconds() };
      const enrolled = await post("enroll", enrollBody(key, await addEnrolment(), options));
      const { deviceId }: { deviceId: string } = await enrolled.json();
      const answered = await post("token", tokenBody(key, { ...options, deviceId }));
      const { accessToken }: { accessToken: string } = await answered.json();
      return { key, deviceId, accessToken };
    },
    async addBundle(appId, content) {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const createdAt = new Date(clock.nowMs());
      const signature = new Uint8Array([0x30, 1, 2]);
      await keepBundle(fixture.bundles, sha256, { content, signature });
      await store.transaction(async ({ db }) => {
        await db.insert(bundles).values({ sha256, sizeBytes: content.byteLength, signature, createdAt });
        await db.insert(versions).values({
          appId,
          code: 1,
          name: "1.0",
          publisherId: "pub_test",
          sha256,
          sizeBytes: content.byteLength,
          kid: "kid",
          engine: "script",
          declares: [],
          manifest: {},
          state: "submitted",
          submissionId: `sub_${sha256.slice(0, 12)}`,
          submittedAt: createdAt,
        });
      });
      return sha256;
    },
    async close() {
      api.close();
      await fixture.close();
    },
  };
}
