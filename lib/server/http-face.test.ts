import { connect } from "node:net";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import { type Readiness, readinessSchema } from "@/lib/contracts/readiness";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { boundPort, createNodeHandler, openHttpFace } from "./http-face";
import { createLeanApi } from "./lean-api";
import { leanRouteTable } from "./route-table";
import { type FaceFixture, openFaceFixture } from "./testing/face-fixture";
import { readStream } from "./testing/read-stream";

let fixture: FaceFixture;
beforeAll(async () => {
  fixture = await openFaceFixture();
  await fixture.addProgram("com.example.a");
});
afterAll(() => fixture.close());

const publish = (appIds: string[] = []) =>
  fixture.store.transaction((tx) =>
    publishDocuments(tx, fixture.ctx, { appIds, platform: true, changeSetId: null, narrows: false }),
  );
const streamUrl = () => `${fixture.baseUrl}/api/runtime/v1/stream`;

/** Sends bytes as they are and answers with everything that comes back. */
function sendRaw(text: string): Promise<string> {
  const { port } = new URL(fixture.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a device's stream", () => {
  it("greets with the current revisions and tells of a publish, programs before the platform", async () => {
    const { accessToken } = await fixture.addDevice();
    const stream = await readStream(streamUrl(), accessToken);
    await expect.poll(() => stream.events.length).toBe(1);
    expect(stream.events[0]).toMatchObject({ event: "hello", data: { keyset: { epoch: 1, revision: 1 } } });
    const { platform } = await publish(["com.example.a"]);
    await expect.poll(() => stream.events.length).toBe(3);
    expect(stream.events.slice(1)).toMatchObject([
      { event: "revision", data: { kind: "program", appId: "com.example.a", epoch: 1 } },
      { event: "revision", data: { kind: "platform", epoch: 1, revision: platform.revision } },
    ]);
    stream.stop();
  });

  it("ends with the device's revocation, and no other device's", async () => {
    const revoked = await fixture.addDevice();
    const other = await fixture.addDevice();
    const stream = await readStream(streamUrl(), revoked.accessToken);
    const untouched = await readStream(streamUrl(), other.accessToken);
    await expect.poll(() => [stream.events.length, untouched.events.length]).toEqual([1, 1]);
    await fixture.store.transaction(async (tx) => {
      await tx.db.update(devices).set({ revokedAt: new Date() }).where(eq(devices.id, revoked.deviceId));
      tx.announce({ topic: "devices", deviceId: revoked.deviceId, revoked: true });
    });
    await stream.ended;
    expect(stream.events.at(-1)).toEqual({ event: "revoked", data: null });
    await publish();
    await expect.poll(() => untouched.events.length).toBe(2);
    await expect(readStream(streamUrl(), revoked.accessToken)).rejects.toThrow("401");
    untouched.stop();
  });

  it("hears of the programs that it names alone, whether or not there are such programs", async () => {
    await fixture.addProgram("com.example.b");
    const { accessToken } = await fixture.addDevice();
    const stream = await readStream(`${streamUrl()}?programs=com.example.b,com.example.unknown`, accessToken);
    await expect.poll(() => stream.events.length).toBe(1);
    await publish(["com.example.a"]);
    await publish(["com.example.b"]);
    await expect.poll(() => stream.events.length).toBe(4);
    const told = stream.events.slice(1).map(({ data }) => (data as { kind: string; appId?: string }).appId ?? null);
    expect(told).toEqual([null, "com.example.b", null]);
    stream.stop();
  });

  it.each([
    [
      "10,000 names",
      Array.from({ length: 10_000 }, (_, n) => `c.a${n}`)
        .join()
        .slice(0, 12_000),
    ],
    ["one name too many", Array.from({ length: 65 }, (_, n) => `com.a${n}`).join()],
    ["a broken escape", "com.example.a%zz"],
    ["an escaped line end", "com.example.a%0aevent:%20revoked"],
    ["a byte that is no text", "com.example.a%ff"],
    ["two lists", "com.example.a&programs=com.example.b"],
  ])("is refused for a list of programs that is %s, and stays closed", async (_, list) => {
    const { accessToken } = await fixture.addDevice();
    await expect.poll(() => fixture.api.openStreams()).toBe(0);
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${streamUrl()}?programs=${list}`, { headers });
    expect([response.status, (await response.json()).error.code]).toEqual([400, "invalid_input"]);
    expect(fixture.api.openStreams()).toBe(0);
  });

  it("is refused without a token, and leaves nothing open when the device goes", async () => {
    expect((await fetch(streamUrl())).status).toBe(401);
    await expect.poll(() => fixture.api.openStreams()).toBe(0);
  });

  it("replaces the oldest of a device that reconnects, so that it never has more than two", async () => {
    const { accessToken } = await fixture.addDevice();
    const first = await readStream(streamUrl(), accessToken);
    const others = [await readStream(streamUrl(), accessToken), await readStream(streamUrl(), accessToken)];
    await first.ended;
    expect(fixture.api.openStreams()).toBe(2);
    for (const stream of others) stream.stop();
  });
});

describe("the lean face", () => {
  it("tells a sender that its body is too large while it is still sending", async () => {
    const response = await fetch(`${fixture.baseUrl}/api/runtime/v1/enroll`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(1024 * 1024),
    });
    expect(response.status).toBe(413);
    const chunk = `${(64 * 1024).toString(16)}\r\n${"x".repeat(64 * 1024)}\r\n`;
    const answer = await sendRaw(
      `POST /api/runtime/v1/enroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("does not count a broken-off body as a fault of its own", async () => {
    fixture.logged.length = 0;
    const { port } = new URL(fixture.baseUrl);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => {
        socket.write("POST /api/runtime/v1/enroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
        socket.write("Content-Length: 100\r\n\r\n{", () => socket.destroy());
      });
      socket.on("close", () => resolve());
    });
    expect((await fetch(`${fixture.baseUrl}/api/health`)).status).toBe(200);
    expect(fixture.logged.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("answers an unsupported method with what is supported", async () => {
    for (const method of ["DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"]) {
      const response = await fetch(`${fixture.baseUrl}/api/runtime/v1/platform`, { method });
      expect([method, response.status]).toEqual([method, 405]);
    }
    const response = await fetch(`${fixture.baseUrl}/api/runtime/v1/enroll`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    const stream = await fetch(streamUrl(), { method: "POST" });
    expect([stream.status, stream.headers.get("allow")]).toEqual([405, "GET"]);
    expect(await stream.json()).toMatchObject({
      error: { code: "method_not_allowed", help: "errors/method_not_allowed" },
    });
    expect(await sendRaw("TRACE /api/runtime/v1/platform HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 405 /,
    );
  });

  it("answers a monitor's HEAD by the same status and headers as GET, and without a body", async () => {
    for (const path of ["/api/health", "/api/ready", "/api/ready?verbose"]) {
      const [got, asked] = [
        await fetch(`${fixture.baseUrl}${path}`),
        await fetch(`${fixture.baseUrl}${path}`, { method: "HEAD" }),
      ];
      expect([path, asked.status, asked.headers.get("content-type")]).toEqual([
        path,
        got.status,
        got.headers.get("content-type"),
      ]);
      expect(await asked.text()).toBe("");
    }
    const elsewhere = { method: "HEAD", headers: { "x-forwarded-for": "192.0.2.1" } };
    expect((await fetch(`${fixture.baseUrl}/api/ready?verbose`, elsewhere)).status).toBe(401);
    const refused = await fetch(`${fixture.baseUrl}/api/openapi.json`, { method: "HEAD" });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
    const wrong = await fetch(`${fixture.baseUrl}/api/health`, { method: "POST" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("takes the peer's address from the socket and never from a header", async () => {
    const response = await fetch(`${fixture.baseUrl}/api/health`, { headers: { "x-bulkhead-peer": "203.0.113.9" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("tells everybody the names and states alone, and what is wrong to this machine alone", async () => {
    const ask = (query = "", headers: Record<string, string> = {}) =>
      fetch(`${fixture.baseUrl}/api/ready${query}`, { headers });
    const plain: unknown = await (await ask()).json();
    expect(plain).toEqual({
      state: "ok",
      checks: ["store_read", "store_write", "continuity", "documents", "keyset", "announcements"].map((name) => ({
        name,
        state: "ok",
      })),
    });
    const verbose = readinessSchema.parse(await (await ask("?verbose")).json());
    expect(verbose.checks[1]?.says).toBe("A row was written and read back.");
    const forwarded = { "x-forwarded-for": "127.0.0.1", "x-bulkhead-socket": "127.0.0.1" };
    expect((await ask("?verbose", forwarded)).status).toBe(401);
    expect((await ask("", forwarded)).status).toBe(200);
  });

  it("is not ready while one check fails, and alive all the same", async () => {
    const failed: Readiness = {
      state: "failed",
      at: new Date(0).toISOString(),
      checks: [],
      jobs: [],
      threads: [],
      queues: [],
    };
    const door = { readiness: { read: async () => failed } };
    const face = await openHttpFace("127.0.0.1", 0);
    face.serve(
      createNodeHandler(fixture.context, createLeanApi(fixture.context, fixture.api, leanRouteTable, door), null),
    );
    const base = `http://127.0.0.1:${boundPort(face.server)}`;
    expect((await fetch(`${base}/api/ready`)).status).toBe(503);
    expect(await (await fetch(`${base}/api/ready`)).json()).toEqual({ state: "failed", checks: [] });
    expect((await fetch(`${base}/api/health`)).status).toBe(200);
    await face.close(0);
  });

  it("says which port is taken", async () => {
    const port = Number(new URL(fixture.baseUrl).port);
    await expect(openHttpFace("127.0.0.1", port)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(String(port)),
    });
  });
});
