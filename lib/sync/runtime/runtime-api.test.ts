import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepBundle } from "@/db/bundles/bundle-files";
import { auditEntries, bundles, devices, versions } from "@/db/schema";
import { verifyDocument } from "@/native/core/documents/verify-document";
import { verifyKeyset } from "@/native/core/documents/verify-keyset";
import { ENROLL_ASSERTION_TYPE } from "@/native/core/wire/device-assertion";
import { nodeCrypto } from "@/native/node/crypto";
import { publicSuffixes } from "../public-suffixes";
import { publishDocuments } from "../publish-documents";
import { createDeviceKey, enrollBody, freshJti, tokenBody } from "../testing/device-key";
import { openRuntimeFixture, type RuntimeFixture } from "../testing/runtime-fixture";
import { TEST_PLATFORM } from "../testing/sync-fixture";

let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntimeFixture();
  await fixture.addProgram("com.example.a");
  await fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds: ["com.example.a"], platform: true, changeSetId: null, narrows: false }),
  );
});
afterAll(() => fixture.close());

async function refusal(response: Response): Promise<string> {
  const body: { error: { code: string } } = await response.json();
  return `${response.status} ${body.error.code}`;
}
const here = () => ({ platform: TEST_PLATFORM, iat: fixture.nowSeconds() });

describe("enroll", () => {
  it("gives the same token and key the same device for 24 h, and no other key anything", async () => {
    const token = await fixture.addEnrolment();
    const key = createDeviceKey();
    const first = await fixture.post("enroll", enrollBody(key, token, here()));
    expect(first.status).toBe(200);
    const answer: unknown = await first.json();
    expect(answer).toMatchObject({ platform: TEST_PLATFORM, serverTime: fixture.nowSeconds() });
    const again = await fixture.post("enroll", enrollBody(key, token, here()));
    expect(await again.json()).toEqual(answer);
    const stranger = await fixture.post("enroll", enrollBody(createDeviceKey(), token, here()));
    expect(await refusal(stranger)).toBe("401 unauthenticated");
    fixture.clock.advance(86_400);
    const tooLate = await fixture.post("enroll", enrollBody(key, token, here()));
    expect(await refusal(tooLate)).toBe("401 unauthenticated");
  });

  it("writes one audit entry without the token, and keeps the public key alone", async () => {
    const { deviceId, key } = await fixture.addDevice();
    const entries = await fixture.store.db
      .select()
      .from(auditEntries)
      .where(eq(auditEntries.subject, `device:${deviceId}`));
    expect(entries.map(({ action }) => action)).toEqual(["device.enrol"]);
    const [row] = await fixture.store.db.select().from(devices).where(eq(devices.id, deviceId));
    expect(row?.publicJwk).toEqual(key.jwk);
  });

  it("takes a device's labels from its token, and none from what the device says", async () => {
    const token = await fixture.addEnrolment({ region: "eu", channel: "beta" });
    const body = { ...enrollBody(createDeviceKey(), token, here()), labels: { app: "mine", region: "us" } };
    const { deviceId }: { deviceId: string } = await (await fixture.post("enroll", body)).json();
    const [row] = await fixture.store.db.select().from(devices).where(eq(devices.id, deviceId));
    expect(row?.labels).toEqual({ region: "eu", channel: "beta" });
  });

  it.each([
    ["another audience", { aud: "other.test" }],
    ["another subject", { sub: "x".repeat(43) }],
    ["another token's hash", { tokenSha256: "0".repeat(64) }],
  ])("refuses a proof for %s", async (_, claims) => {
    const body = enrollBody(createDeviceKey(), await fixture.addEnrolment(), { ...here(), claims });
    expect(await refusal(await fixture.post("enroll", body))).toBe("401 unauthenticated");
  });

  it("refuses an expired and an unknown token alike", async () => {
    const token = await fixture.addEnrolment();
    const unknown = await fixture.post("enroll", enrollBody(createDeviceKey(), "x".repeat(32), here()));
    fixture.clock.advance(3_601);
    const expired = await fixture.post("enroll", enrollBody(createDeviceKey(), token, here()));
    expect(await refusal(expired)).toBe("401 unauthenticated");
    expect(await refusal(unknown)).toBe("401 unauthenticated");
  });

  it("enrols a key once, whatever token it brings later", async () => {
    const { key, deviceId } = await fixture.addDevice();
    await fixture.store.transaction(async ({ db }) => {
      await db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, deviceId));
    });
    const body = enrollBody(key, await fixture.addEnrolment(), here());
    expect(await refusal(await fixture.post("enroll", body))).toBe("401 unauthenticated");
  });

  it("tells a wrong clock the server's time, to the holder of the key alone", async () => {
    const token = await fixture.addEnrolment();
    const key = createDeviceKey();
    const late = await fixture.post("enroll", enrollBody(key, token, { ...here(), iat: fixture.nowSeconds() - 121 }));
    expect(late.status).toBe(401);
    expect(await late.json()).toMatchObject({ error: { code: "clock_skew", serverTime: fixture.nowSeconds() } });
    const early = await fixture.post("enroll", enrollBody(key, token, { ...here(), iat: fixture.nowSeconds() + 121 }));
    expect(await refusal(early)).toBe("401 clock_skew");
    const edge = await fixture.post("enroll", enrollBody(key, token, { ...here(), iat: fixture.nowSeconds() - 120 }));
    expect(edge.status).toBe(200);
  });

  it.each([
    ["alg none", { alg: "none" }],
    ["HS256", { alg: "HS256" }],
    ["a key in the header", { jwk: {} }],
    ["a critical extension", { crit: ["b64"] }],
    ["another type", { typ: "bulkhead-other+jwt" }],
  ])("refuses an assertion with %s", async (_, header) => {
    const key = createDeviceKey();
    const body = enrollBody(key, await fixture.addEnrolment(), here());
    const claims = { aud: TEST_PLATFORM, sub: key.thumbprint, jti: freshJti(), iat: fixture.nowSeconds() };
    const assertion = key.assert(ENROLL_ASSERTION_TYPE, claims, header);
    expect((await fixture.post("enroll", { ...body, assertion })).status).toBe(400);
  });
});

describe("token", () => {
  it("is given once for one assertion", async () => {
    const { key, deviceId } = await fixture.addDevice();
    const body = tokenBody(key, { ...here(), deviceId });
    expect((await fixture.post("token", body)).status).toBe(200);
    expect(await refusal(await fixture.post("token", body))).toBe("401 unauthenticated");
  });

  it("is given once when the same assertion arrives many times at once", async () => {
    const { key, deviceId } = await fixture.addDevice();
    const body = tokenBody(key, { ...here(), deviceId });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => fixture.post("token", body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  it("is refused to another key, another audience, an unknown device and a signature of another encoding", async () => {
    const { key, deviceId } = await fixture.addDevice();
    const strange = createDeviceKey();
    const bodies = [
      tokenBody(strange, { ...here(), deviceId }),
      tokenBody(key, { ...here(), deviceId, claims: { aud: "other.test" } }),
      tokenBody(key, { ...here(), deviceId: "dev_missing" }),
      tokenBody(key, { ...here(), deviceId, claims: { jti: undefined } }),
    ];
    for (const body of bodies) expect(await refusal(await fixture.post("token", body))).toBe("401 unauthenticated");
    const { assertion } = tokenBody(key, { ...here(), deviceId });
    const padded = await fixture.post("token", { assertion: `${assertion}==` });
    expect(await refusal(padded)).toBe("400 invalid_input");
    const truncated = await fixture.post("token", { assertion: assertion.slice(0, -4) });
    expect((await truncated.json()).error.code).toMatch(/unauthenticated|invalid_input/);
  });

  it("is refused to a revoked device by that name, and only to its key", async () => {
    const { key, deviceId } = await fixture.addDevice();
    await fixture.store.transaction(async ({ db }) => {
      await db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, deviceId));
    });
    expect(await refusal(await fixture.post("token", tokenBody(key, { ...here(), deviceId })))).toBe(
      "401 device_revoked",
    );
    const stranger = await fixture.post("token", tokenBody(createDeviceKey(), { ...here(), deviceId }));
    expect(await refusal(stranger)).toBe("401 unauthenticated");
  });
});

describe("documents", () => {
  it("are served as devices accept them", async () => {
    const { accessToken } = await fixture.addDevice();
    const keysetText = await (await fixture.fetch("keyset")).text();
    const keyset = verifyKeyset({
      jws: keysetText,
      trusted: { rootThumbprints: fixture.keyset.rootKeys.map(({ kid }) => kid), threshold: 1 },
      platform: TEST_PLATFORM,
      now: fixture.nowSeconds(),
      crypto: nodeCrypto,
    });
    expect(keyset.code).toBe("ACCEPTED");
    if (keyset.result !== "accepted") return;
    const program = verifyDocument({
      jws: await (await fixture.fetch("programs/com.example.a", { token: accessToken })).text(),
      keyset: keyset.document.claims,
      type: "bulkhead-program",
      platform: TEST_PLATFORM,
      appId: "com.example.a",
      now: fixture.nowSeconds(),
      crypto: nodeCrypto,
      publicSuffixes: publicSuffixes(),
    });
    expect(program.code).toBe("ACCEPTED");
  });

  it("answer 304 to their own tag and another tag after the next publish", async () => {
    const first = await fixture.fetch("platform");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    const same = await fixture.fetch("platform", { headers: { "if-none-match": etag } });
    expect(same.status).toBe(304);
    expect(await same.text()).toBe("");
    await fixture.store.transaction((tx) =>
      publishDocuments(tx, fixture.ctx, { appIds: [], platform: true, changeSetId: null, narrows: false }),
    );
    const next = await fixture.fetch("platform", { headers: { "if-none-match": etag } });
    expect(next.status).toBe(200);
    expect(next.headers.get("etag")).not.toBe(etag);
  });

  it("keep every step of the keyset chain, and say what is not there", async () => {
    expect(await (await fixture.fetch("keyset/1")).text()).toBe(await (await fixture.fetch("keyset")).text());
    expect(await refusal(await fixture.fetch("keyset/2"))).toBe("404 not_found");
    expect(await refusal(await fixture.fetch("keyset/0"))).toBe("400 invalid_input");
  });

  it("of programs need a device's token, and an unknown program is not there", async () => {
    const { accessToken } = await fixture.addDevice();
    expect(await refusal(await fixture.fetch("programs/com.example.a"))).toBe("401 unauthenticated");
    const missing = await fixture.fetch("programs/com.example.missing", { token: accessToken });
    expect(await refusal(missing)).toBe("404 not_found");
  });
});

describe("a device's token", () => {
  it("ends after ten minutes, and says so", async () => {
    const { accessToken } = await fixture.addDevice();
    fixture.clock.advance(600);
    expect(await refusal(await fixture.fetch("programs/com.example.a", { token: accessToken }))).toBe(
      "401 token_expired",
    );
  });

  it("ends at once with the device's revocation", async () => {
    const { accessToken, deviceId } = await fixture.addDevice();
    expect((await fixture.fetch("programs/com.example.a", { token: accessToken })).status).toBe(200);
    await fixture.store.transaction(async ({ db }) => {
      await db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, deviceId));
    });
    expect(await refusal(await fixture.fetch("programs/com.example.a", { token: accessToken }))).toBe(
      "401 device_revoked",
    );
  });

  it("is nobody's when a letter of it changes", async () => {
    const { accessToken } = await fixture.addDevice();
    const changed = `${accessToken.startsWith("A") ? "B" : "A"}${accessToken.slice(1)}`;
    expect(await refusal(await fixture.fetch("programs/com.example.a", { token: changed }))).toBe(
      "401 unauthenticated",
    );
  });

  it("holds a device to its rate, and tells when to come again", async () => {
    const { accessToken } = await fixture.addDevice();
    const answers: Response[] = [];
    for (let n = 0; n < 245; n += 1)
      answers.push(await fixture.fetch("programs/com.example.a", { token: accessToken }));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    const { accessToken: other } = await fixture.addDevice();
    expect((await fixture.fetch("programs/com.example.a", { token: other })).status).toBe(200);
  });
});

describe("bundles", () => {
  it("are there for devices only once a version lists them", async () => {
    const { accessToken } = await fixture.addDevice();
    const content = new Uint8Array([1, 2, 3, 0, 255]);
    const sha256 = await fixture.addBundle("com.example.a", content);
    const early = await fixture.fetch(`bundles/${sha256}`, { token: accessToken });
    expect(await refusal(early)).toBe("404 not_found");
    await fixture.store.transaction(async ({ db }) => {
      await db.update(versions).set({ state: "listed" }).where(eq(versions.sha256, sha256));
    });
    const response = await fixture.fetch(`bundles/${sha256}`, { token: accessToken });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(content);
    expect(response.headers.get("bulkhead-signature")).toBe(Buffer.from([0x30, 1, 2]).toString("base64url"));
    const again = await fixture.fetch(`bundles/${sha256}`, {
      token: accessToken,
      headers: { "if-none-match": `"${sha256}"` },
    });
    expect(again.status).toBe(304);
    expect(await refusal(await fixture.fetch(`bundles/${sha256}`))).toBe("401 unauthenticated");
  });

  it("whose file is not there, or has another size, are unavailable, with the reason in the log, and back with their file", async () => {
    const { accessToken } = await fixture.addDevice();
    const content = new Uint8Array([4, 5, 6]);
    await fixture.addProgram("com.example.unfetched");
    const sha256 = await fixture.addBundle("com.example.unfetched", content);
    await fixture.store.transaction(({ db }) =>
      db.update(versions).set({ state: "listed" }).where(eq(versions.sha256, sha256)),
    );
    const ask = () => fixture.fetch(`bundles/${sha256}`, { token: accessToken });
    await fixture.bundles.remove(sha256);
    expect(await refusal(await ask())).toBe("503 unavailable");
    await keepBundle(fixture.bundles, sha256, { content: content.subarray(1), signature: content });
    expect(await refusal(await ask())).toBe("503 unavailable");
    expect(fixture.logged.filter((line) => line === "error bundle_not_served")).toHaveLength(2);
    // As a version before left it.
    await fixture.store.transaction(({ db }) => db.update(bundles).set({ content }).where(eq(bundles.sha256, sha256)));
    expect(new Uint8Array(await (await ask()).arrayBuffer())).toEqual(content);
    await keepBundle(fixture.bundles, sha256, { content, signature: content });
    expect(new Uint8Array(await (await ask()).arrayBuffer())).toEqual(content);
  });
});
