import { verify } from "node:crypto";
import { PassThrough } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { enrollAssertionShape, tokenAssertionShape } from "../../core/wire/device-assertion";
import type { HttpRequest } from "./http-transport";
import { bundleSignatureOf, createPolicyClient, type Fetched, type PolicyClient } from "./policy-client";
import { createFakeServer, ok, refusal } from "./testing/fake-server";
import { createManualTime } from "./testing/manual-time";
import { APP, NOW, newKey, PLATFORM } from "./testing/signing-platform";

function startClient(skewSeconds = 0) {
  const time = createManualTime(NOW * 1000);
  const server = createFakeServer(() => NOW + skewSeconds);
  const key = newKey();
  let ids = 0;
  const client = createPolicyClient({
    transport: server.transport,
    url: "https://platform.test",
    platform: PLATFORM,
    key,
    deviceId: "dev_1",
    clock: time.clock,
    randomId: () => `identifier-of-16-${ids++}`,
  });
  return { time, server, key, client };
}

const bodyOf = (request: HttpRequest) => JSON.parse(Buffer.from(request.body ?? []).toString());

function readAssertion(compact: string) {
  const [header = "", payload = "", signature = ""] = compact.split(".");
  return {
    header: JSON.parse(Buffer.from(header, "base64url").toString()),
    claims: JSON.parse(Buffer.from(payload, "base64url").toString()),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, "base64url"),
  };
}

const bounds = { maxBytes: 1_000_000, timeoutMs: 1000 };
const fetchProgram = (client: PolicyClient, appId: string) => client.ask({ what: "program", appId }, bounds);

const statusOf = (fetched: Fetched) =>
  fetched.kind === "failed" && fetched.outcome.kind === "status" ? fetched.outcome.status : fetched.kind;

describe("a stream that is refused", () => {
  it("by a server that never ends its answer is as good as refused", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { server, client } = startClient();
      const stream = new PassThrough();
      stream.write("<html>");
      server.transport.openStream = async () => ({
        ...{ ok: true, status: 503, headers: {}, stream, close: () => void stream.destroy() },
      });
      const opened = client.openStream(null, new AbortController().signal);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await opened).toMatchObject({ kind: "failed", outcome: { kind: "status", status: 503 } });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("proof of possession", () => {
  it("for a token names platform, device and moment once, signed by the device's key", async () => {
    const { server, client, key } = startClient();
    const proofs: ReturnType<typeof readAssertion>[] = [];
    server.intercept = (request, path) => {
      if (path === "/token") proofs.push(readAssertion(bodyOf(request).assertion));
      return undefined;
    };
    await fetchProgram(client, APP);
    const [proof] = proofs;
    expect(proof?.header).toEqual({ alg: "ES256", typ: "bulkhead-token+jwt", kid: key.thumbprint });
    expect(tokenAssertionShape.parse(proof?.claims)).toMatchObject({ aud: PLATFORM, sub: "dev_1", iat: NOW });
    const jwk = { key: { ...key.publicJwk }, format: "jwk" as const, dsaEncoding: "ieee-p1363" as const };
    expect(verify("sha256", proof?.signed ?? Buffer.alloc(0), jwk, proof?.signature ?? Buffer.alloc(0))).toBe(true);
  });

  it("for enrolment covers the one-time token by its hash and carries no private half", async () => {
    const { server, client, key } = startClient();
    let body: Record<string, unknown> = {};
    server.intercept = (request, path) => {
      if (path === "/enroll") body = bodyOf(request);
      return undefined;
    };
    const runtime = { kind: "linux" as const, version: "0.1.0", layers: [] };
    expect(await client.enroll("one-time-token-16", runtime)).toMatchObject({
      ok: true,
      answer: { deviceId: "dev_1" },
    });
    const { claims } = readAssertion(String(body.assertion));
    expect(enrollAssertionShape.parse(claims).sub).toBe(key.thumbprint);
    expect(body.publicKey).toEqual(key.publicJwk);
    expect(Object.keys(body.publicKey as object).sort()).toEqual(["crv", "kty", "x", "y"]);
  });

  it("is made once more by the server's time after clock_skew, and from then on by that time", async () => {
    const { server, client } = startClient(5000);
    const moments: number[] = [];
    server.intercept = (request, path) => {
      if (path !== "/token") return undefined;
      const { iat } = readAssertion(bodyOf(request).assertion).claims;
      moments.push(iat);
      return Math.abs(iat - (NOW + 5000)) > 120 ? refusal(401, "clock_skew", { serverTime: NOW + 5000 }) : undefined;
    };
    await fetchProgram(client, APP);
    expect(moments).toEqual([NOW, NOW + 5000]);
  });
});

describe("the access token", () => {
  it("is asked for once by many who need it, and again shortly before its end", async () => {
    const { server, client, time } = startClient();
    await Promise.all([fetchProgram(client, APP), fetchProgram(client, APP), fetchProgram(client, APP)]);
    const tokens = () => server.requests.filter((request) => request === "POST /token").length;
    expect(tokens()).toBe(1);
    await time.pass(560_000);
    await fetchProgram(client, APP);
    expect(tokens()).toBe(1);
    await time.pass(20_000);
    await fetchProgram(client, APP);
    expect(tokens()).toBe(2);
  });

  it("that is over is renewed once and the request repeated once, never more", async () => {
    const { server, client } = startClient();
    let refusals = 1;
    server.intercept = (_, path) => {
      if (!path.startsWith("/programs")) return undefined;
      refusals -= 1;
      return refusals >= 0 ? refusal(401, "token_expired") : undefined;
    };
    expect(statusOf(await fetchProgram(client, APP))).toBe("missing");
    expect(server.requests).toEqual(["POST /token", `GET /programs/${APP}`, "POST /token", `GET /programs/${APP}`]);
    refusals = 100;
    server.requests.length = 0;
    expect(statusOf(await fetchProgram(client, APP))).toBe(401);
    expect(server.requests.filter((request) => request.startsWith("GET"))).toHaveLength(2);
  });

  it("goes to programs, bundles, telemetry and the stream, and never to keyset and platform", async () => {
    const { server, client } = startClient();
    const seen = new Map<string, string | undefined>();
    server.intercept = (request, path) => {
      seen.set(path, request.headers.authorization);
      return undefined;
    };
    await client.ask({ what: "keyset" }, bounds);
    await client.ask({ what: "platform" }, bounds);
    await fetchProgram(client, APP);
    await client.bundle("ab", 10);
    expect(seen.get("/keyset")).toBeUndefined();
    expect(seen.get("/platform")).toBeUndefined();
    expect(seen.get(`/programs/${APP}`)).toBe("Bearer token-1");
    expect(seen.get("/bundles/ab")).toBe("Bearer token-1");
  });

  it("of a revoked device is told apart from one that is over", async () => {
    const { server, client } = startClient();
    server.intercept = (_, path) => (path === "/token" ? refusal(401, "device_revoked") : undefined);
    expect(await fetchProgram(client, APP)).toMatchObject({ kind: "failed", outcome: { kind: "revoked" } });
  });
});

describe("answers that are none", () => {
  it("are failures to be tried again, never values", async () => {
    const { server, client } = startClient();
    server.intercept = (_, path) => (path === "/token" ? ok("<html>sign in</html>") : undefined);
    expect(statusOf(await fetchProgram(client, APP))).toBe(502);
    server.intercept = () => refusal(429, "limit_exceeded", {}, { "retry-after": "7" });
    expect(await client.ask({ what: "platform" }, bounds)).toMatchObject({
      outcome: { kind: "status", status: 429, retryAfterSeconds: 7 },
    });
  });

  it("give no signature where the header holds none", () => {
    for (const value of [undefined, "", "a b", "$$$$$$$$$", ["a", "b"]]) {
      expect(bundleSignatureOf(value === undefined ? {} : { "bulkhead-signature": value as string })).toBeUndefined();
    }
  });

  it("never lead a name out of its path", async () => {
    const { server, client } = startClient();
    await fetchProgram(client, "../../platform?x#y");
    expect(server.requests.at(-1)).toBe("GET /programs/..%2F..%2Fplatform%3Fx%23y");
  });
});
