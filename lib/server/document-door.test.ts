import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { makeAccessToken } from "@/lib/sync/runtime/access-token";
import { boundPort, createNodeHandler, type HttpFace, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { leanRouteTable } from "./route-table";
import { type FaceFixture, openFaceFixture } from "./testing/face-fixture";

const A = "com.example.a";
let fixture: FaceFixture;
/** The same server without the door: there the described routes answer. */
let routed: HttpFace;
let good: { deviceId: string; accessToken: string };
let revoked: { deviceId: string; accessToken: string };

const publish = () =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds: [A], platform: true, changeSetId: null, narrows: false }),
  );
const revoke = (deviceId: string) =>
  fixture.store.transaction(({ db }) =>
    db
      .update(devices)
      .set({ revokedAt: new Date(0) })
      .where(eq(devices.id, deviceId)),
  );

beforeAll(async () => {
  fixture = await openFaceFixture();
  await fixture.addProgram(A);
  await publish();
  [good, revoked] = [await fixture.addDevice(), await fixture.addDevice()];
  await revoke(revoked.deviceId);
  const lean = createLeanApi(fixture.context, fixture.api, leanRouteTable, {
    readiness: { read: () => Promise.reject(new Error("not asked here")) },
  });
  routed = await openHttpFace("127.0.0.1", 0);
  routed.serve(createNodeHandler(fixture.context, { ...lean, documents: () => null }, null));
});
afterAll(async () => {
  await routed.close(0);
  await fixture.close();
});

/** Each answer's own. */
const OWN = new Set(["date", "x-request-id"]);

async function ask(base: string, path: string, init: RequestInit) {
  const response = await fetch(`${base}/api/runtime/v1/${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !OWN.has(name)),
    hasId: /^req_/.test(response.headers.get("x-request-id") ?? ""),
    body: text.replaceAll(/req_[0-9a-z]+/g, "req"),
  };
}

const bearer = (token: string, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

describe("documents that are written straight to plain node http", () => {
  const cases: [string, string, () => RequestInit, number][] = [
    ["the platform document, to anybody", "platform", () => ({}), 200],
    ["the platform document that the asker has", "platform", () => ({ headers: { "if-none-match": "*" } }), 304],
    ["a program's document", `programs/${A}`, () => bearer(good.accessToken), 200],
    [
      "a program's document that the asker has",
      `programs/${A}`,
      () => bearer(good.accessToken, { "if-none-match": "*" }),
      304,
    ],
    ["a program's document, to nobody", `programs/${A}`, () => ({}), 401],
    ["a token of somebody else's", `programs/${A}`, () => bearer(`${good.accessToken}x`), 401],
    [
      "a token of a device that is not there",
      `programs/${A}`,
      () => bearer(makeAccessToken(fixture.accessKey, "dev_none", fixture.nowSeconds() + 60)),
      401,
    ],
    [
      "a token that is over",
      `programs/${A}`,
      () => bearer(makeAccessToken(fixture.accessKey, good.deviceId, fixture.nowSeconds())),
      401,
    ],
    ["a device that is revoked", `programs/${A}`, () => bearer(revoked.accessToken), 401],
    ["a program that is not there", "programs/com.example.none", () => bearer(good.accessToken), 404],
    ["an app id that is none", "programs/Nothing", () => bearer(good.accessToken), 400],
    ["an app id that is written otherwise", "programs/com%2Eexample.a", () => bearer(good.accessToken), 200],
    ["another method", "platform", () => ({ method: "POST" }), 405],
    ["a HEAD", `programs/${A}`, () => ({ method: "HEAD", ...bearer(good.accessToken) }), 405],
  ];
  it.each(cases)("are answered as the described routes answer: %s", async (_, path, init, status) => {
    const answer = await ask(fixture.baseUrl, path, init());
    expect(answer).toEqual(await ask(`http://127.0.0.1:${boundPort(routed.server)}`, path, init()));
    expect(answer).toMatchObject({ status, hasId: true });
  });

  it("are the newest for whoever asks after the publish, and for nobody who asks after the revocation", async () => {
    const device = await fixture.addDevice();
    const path = `programs/${A}`;
    const before = await ask(fixture.baseUrl, path, bearer(device.accessToken));
    await publish();
    const after = await ask(fixture.baseUrl, path, bearer(device.accessToken));
    expect([before.status, after.status]).toEqual([200, 200]);
    expect(after.body).not.toBe(before.body);
    await revoke(device.deviceId);
    expect((await ask(fixture.baseUrl, path, bearer(device.accessToken))).body).toContain("device_revoked");
  });
});
