import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openState } from "../../core/device/state";
import { nodeDurableFiles } from "../state/durable-files";
import { createFakeServer, refusal } from "../sync/testing/fake-server";
import { createManualTime } from "../sync/testing/manual-time";
import { createSigningPlatform, DAY, NOW, newKey, PLATFORM } from "../sync/testing/signing-platform";
import { openDataDirectory } from "./data-directory";
import { enrollDevice } from "./enroll-device";
import { randomId } from "./system-ports";

const log = () => undefined;
const platform = createSigningPlatform();
const TOKEN = "one-time-token-of-the-test";
const FILE = {
  url: "https://platform.test",
  platform: PLATFORM,
  rootThumbprints: [...platform.rootThumbprints],
  threshold: 1,
  token: TOKEN,
};

const cleaning: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleaning.splice(0).reverse()) await clean();
});

async function newDevice() {
  const directory = await mkdtemp(join(tmpdir(), "bulkhead-enrol-"));
  cleaning.push(() => rm(directory, { recursive: true, force: true }));
  const time = createManualTime(NOW * 1000);
  const server = createFakeServer(() => NOW);
  server.keysets.set(1, await platform.keyset());
  const sent: string[] = [];
  let closed = 0;
  server.transport.close = () => {
    closed += 1;
  };
  const original = server.transport.send;
  server.transport.send = (request) => {
    sent.push(`${request.url} ${JSON.stringify(request.headers)} ${Buffer.from(request.body ?? []).toString()}`);
    return original(request);
  };
  const enrol = async (file: unknown = FILE) => {
    const data = await openDataDirectory({ files: nodeDurableFiles, directory, log });
    if (!data) throw new Error("the folder is in use");
    const runtime = { kind: "linux" as const, version: "0.1.0", layers: [] };
    const { transport } = server;
    try {
      const [before, asked] = [closed, sent.length];
      const result = await enrollDevice({ file, data, transport, runtime, clock: time.clock, randomId, log });
      // However it ended: what was opened to ask the platform is closed.
      expect(closed - before).toBe(sent.length > asked ? 1 : 0);
      const { enrolment, durable } = data.disk;
      return { result, enrolment, durable };
    } finally {
      await data.release();
    }
  };
  return { directory, server, sent, enrol };
}

describe("enrolment", () => {
  it("trusts the keyset of the named roots first and keeps the device's key to its owner", async () => {
    const { directory, server, enrol } = await newDevice();
    const { result, enrolment } = await enrol();
    expect(result).toEqual({ ok: true, deviceId: "dev_1", platform: PLATFORM, environment: "development" });
    expect(enrolment).toMatchObject({ deviceId: "dev_1" });
    expect((await enrol()).durable.trust).toMatchObject({ keyset: { revision: 1 } });
    expect(server.requests).toEqual(["GET /keyset", "POST /enroll"]);
    expect((await stat(join(directory, "device-key.pem"))).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(enrolment)).not.toContain(TOKEN);
  });

  it.each([
    ["whose keyset other roots signed", async () => createSigningPlatform().keyset(), "UNKNOWN_KEY"],
    ["whose keyset nobody of them signed", async () => platform.keyset({}, [newKey()]), "UNKNOWN_KEY"],
    ["whose keyset is of another platform", async () => platform.keyset({ platform: "other" }), "WRONG_PLATFORM"],
    ["whose keyset has expired", async () => platform.keyset({ iat: NOW - 100 * DAY, exp: NOW - 1 }), "EXPIRED"],
    ["that sends no keyset", async () => Buffer.from("<html>"), "MALFORMED"],
  ])("never shows the one-time token to a server %s", async (_title, keyset, code) => {
    const { server, sent, enrol } = await newDevice();
    server.keysets.set(1, await keyset());
    const { result, enrolment } = await enrol();
    expect(result).toMatchObject({ ok: false, reason: "keyset_refused", code });
    expect(enrolment).toBeUndefined();
    expect(sent.join("\n")).not.toContain(TOKEN);
    expect(server.requests).toEqual(["GET /keyset"]);
  });

  it("goes by https, or by http to loopback with a development keyset, and by nothing else", async () => {
    for (const url of [
      "http://platform.test",
      "http://127.0.0.1.evil.test",
      "ftp://a.test",
      "https://u:p@a.test",
      "x",
    ]) {
      const { server, enrol } = await newDevice();
      expect((await enrol({ ...FILE, url })).result).toEqual({ ok: false, reason: "url_not_allowed" });
      expect(server.requests).toEqual([]);
    }
    const loopback = { ...FILE, url: "http://127.0.0.1:8080" };
    expect((await (await newDevice()).enrol(loopback)).result.ok).toBe(true);
    const production = await newDevice();
    production.server.keysets.set(1, await platform.keyset({ environment: "production" }));
    expect((await production.enrol(loopback)).result).toEqual({ ok: false, reason: "url_not_allowed" });
    expect(production.sent.join("\n")).not.toContain(TOKEN);
  });

  it("that was cut off is taken up with the same key; one that is done asks nobody again", async () => {
    const { server, enrol } = await newDevice();
    const keys: unknown[] = [];
    let isCutOff = true;
    server.intercept = (request, path) => {
      if (path !== "/enroll") return undefined;
      keys.push(JSON.parse(Buffer.from(request.body ?? []).toString()).publicKey);
      return isCutOff ? { ok: false, reason: "timeout" } : undefined;
    };
    expect((await enrol()).result).toEqual({ ok: false, reason: "platform_unreachable" });
    isCutOff = false;
    expect((await enrol()).result.ok).toBe(true);
    expect(keys[0]).toEqual(keys[1]);
    server.requests.length = 0;
    expect((await enrol()).result).toMatchObject({ ok: true, deviceId: "dev_1" });
    expect(server.requests).toEqual([]);
    expect((await enrol({ ...FILE, platform: "other.test" })).result).toEqual({
      ok: false,
      reason: "already_enrolled",
    });
  });

  it("that is done keeps floors and suspensions, and its platform, although the keyset is lost", async () => {
    const { directory, server, enrol } = await newDevice();
    await enrol();
    const floor = { epoch: 1, revision: 9, sha256: "a".repeat(64) };
    const lost = {
      ...openState().trust,
      platform: { floor, good: null },
      held: { byPlatform: ["a.b"], byProgram: [] },
    };
    const data = await openDataDirectory({ files: nodeDurableFiles, directory, log });
    await data?.disk.storeTrust(JSON.stringify(lost));
    await data?.release();
    server.requests.length = 0;
    expect(await enrol()).toMatchObject({
      result: { ok: true, deviceId: "dev_1", environment: "development" },
      durable: { trust: lost },
    });
    expect(server.requests).toEqual(["GET /keyset"]);
    const { result, durable } = await enrol({ ...FILE, url: "https://other.test" });
    expect(result).toEqual({ ok: false, reason: "already_enrolled" });
    expect(durable.trust).toEqual(lost);
  });

  it("says what the platform says, and refuses a file that is none", async () => {
    const { server, enrol } = await newDevice();
    server.intercept = (_, path) => (path === "/enroll" ? refusal(401, "unauthenticated") : undefined);
    expect((await enrol()).result).toEqual({ ok: false, reason: "enrolment_refused", code: "unauthenticated" });
    for (const file of [
      null,
      {},
      { ...FILE, threshold: 0 },
      { ...FILE, rootThumbprints: [] },
      { ...FILE, token: "x" },
    ]) {
      expect((await enrol(file)).result).toEqual({ ok: false, reason: "enrolment_file_invalid" });
    }
  });
});
