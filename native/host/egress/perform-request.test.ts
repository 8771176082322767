import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { MinuteIncrement } from "../../core/telemetry/minute-entry";
import type { EgressDecision, EgressRequest } from "../ports";
import { acceptDevelopmentHosts } from "./development-hosts";
import { createEgress, type EgressOptions } from "./perform-request";
import { type LocalUpstream, newTestAuthority, startLocalUpstream } from "./testing/local-upstream";

const ALLOW: EgressDecision = { decision: "allow", code: "ALLOWED", layer: "host", rule: "/hosts/0", pins: [] };
const authority = newTestAuthority();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function upstream(
  host: string,
  answer: Parameters<typeof startLocalUpstream>[0]["answer"],
  more: Partial<Parameters<typeof startLocalUpstream>[0]> = {},
): Promise<LocalUpstream> {
  const started = await startLocalUpstream({ host, authority, answer, ...more });
  closing.push(started.close);
  return started;
}

/** Bounds that only what hangs comes to, however busy the machine. */
const PATIENT = { connectMs: 60_000, totalMs: 90_000 };

function egressTo(upstreams: readonly LocalUpstream[], more: Partial<EgressOptions> = {}) {
  const hosts = acceptDevelopmentHosts(
    upstreams.map((one) => one.developmentHost),
    "development",
  );
  if (!hosts.ok) throw new Error(hosts.reason);
  const increments: MinuteIncrement[] = [];
  const recordEvent = vi.fn();
  const egress = createEgress({
    resolve: async () => {
      throw new Error("no name is resolved in this test");
    },
    isPublicAddress: () => false,
    findDevelopmentHost: hosts.find,
    telemetry: { addToMinute: (_, increment) => increments.push(increment), recordEvent },
    policyNow: () => 1000,
    bounds: { ...PATIENT, bodyBytes: 64 * 1024, recheckMs: 20 },
    ...more,
  });
  return { egress, increments, recordEvent };
}

function requestOf(url: string, more: Partial<EgressRequest> = {}): EgressRequest {
  return {
    appId: "com.example.app",
    versionCode: 1,
    url,
    method: "GET",
    headers: {},
    purpose: "request",
    decide: () => ALLOW,
    roomForBody: async () => undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

const codeOf = (result: Awaited<ReturnType<ReturnType<typeof createEgress>["request"]>>) =>
  result.outcome === "denied" ? result.decision.code : result.outcome === "failed" ? result.reason : result.status;

describe("an allowed request", () => {
  it("reaches the upstream with the program's fields and the host's own framing", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end("hello"));
    const { egress, increments } = egressTo([api]);
    const body = Buffer.from("question");
    const result = await egress.request(
      requestOf("https://API.example.test/path/a?b=c#fragment", {
        method: "POST",
        headers: { "X-Thing": "1", "Content-Type": "text/plain" },
        body,
      }),
    );
    expect(result).toMatchObject({ outcome: "response", status: 200 });
    expect(result.outcome === "response" && Buffer.from(result.body).toString()).toBe("hello");
    expect(api.requests).toHaveLength(1);
    expect(api.requests[0]).toMatchObject({ method: "POST", path: "/path/a?b=c", body });
    expect(api.requests[0]?.headers).toMatchObject({
      host: "api.example.test",
      "x-thing": "1",
      "content-length": "8",
    });
    expect(increments).toContainEqual({
      hosts: [{ host: "api.example.test", port: 443, purpose: "request", allowed: 1 }],
    });
    expect(increments).toContainEqual({ bytesIn: 5, bytesOut: 8 });
    expect(egress.inFlight).toBe(0);
  });

  it.each(["Host", "content-length", "Connection", "TRANSFER-ENCODING", "Upgrade", "Proxy-Authorization", "proxy-x"])(
    "may not name %s: INVALID_ARGUMENTS, and nothing is sent",
    async (name) => {
      const api = await upstream("api.example.test", (_, response) => response.end());
      const { egress } = egressTo([api]);
      const result = await egress.request(requestOf("https://api.example.test/", { headers: { [name]: "x" } }));
      expect(codeOf(result)).toBe("INVALID_ARGUMENTS");
      expect(api.connections).toBe(0);
    },
  );

  it("may not smuggle a line into a field, nor use a method of its own", async () => {
    const { egress } = egressTo([]);
    for (const [method, headers] of [
      ["GET", { "x-a": "1\r\nhost: evil.test" }],
      ["GET", { "x-a\r\nb": "1" }],
      ["GET", { "X-A": "1", "x-a": "2" }],
      ["CONNECT", {}],
      ["GET\r\nX: y", {}],
    ] as const) {
      expect(codeOf(await egress.request(requestOf("https://api.example.test/", { method, headers })))).toBe(
        "INVALID_ARGUMENTS",
      );
    }
  });
});

describe("the address check", () => {
  it("resolves once: a second, private answer is never asked for and never connected to", async () => {
    const inside = await upstream("api.example.test", (_, response) => response.end("inside"));
    const answers = ["203.0.113.5", "127.0.0.1"];
    const resolve = vi.fn(async () => [answers.shift() ?? "127.0.0.1"]);
    const { egress } = egressTo([], {
      resolve,
      isPublicAddress: (address) => address === "203.0.113.5",
      bounds: { connectMs: 150, totalMs: 1000, bodyBytes: 1024, recheckMs: 20 },
    });
    const result = await egress.request(requestOf(`https://api.example.test:${inside.port}/`));
    expect(result.outcome).toBe("failed");
    expect(resolve).toHaveBeenCalledTimes(1);
    expect(inside.connections).toBe(0);
  });

  it("refuses all answers for one that is not public", async () => {
    const inside = await upstream("api.example.test", (_, response) => response.end("inside"));
    const { egress, increments } = egressTo([], {
      resolve: async () => ["203.0.113.5", "127.0.0.1"],
      isPublicAddress: (address) => address === "203.0.113.5",
    });
    const result = await egress.request(requestOf(`https://api.example.test:${inside.port}/`));
    expect(codeOf(result)).toBe("ADDRESS_NOT_PUBLIC");
    expect(inside.connections).toBe(0);
    expect(increments[0]?.hosts?.[0]).toMatchObject({ blocked: 1 });
  });

  it("stays on for every name that is no development host", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end());
    const { egress } = egressTo([api], { resolve: async () => ["127.0.0.1"] });
    expect(codeOf(await egress.request(requestOf("https://sub.api.example.test/")))).toBe("ADDRESS_NOT_PUBLIC");
  });
});

describe("TLS", () => {
  it("refuses an authority that only a development host may use", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end());
    const { egress } = egressTo([], { resolve: async () => ["127.0.0.1"], isPublicAddress: () => true });
    const result = await egress.request(requestOf(`https://api.example.test:${api.port}/`));
    expect(codeOf(result)).toBe("TLS_INVALID");
    expect(api.requests).toHaveLength(0);
  });

  it("refuses a certificate for another name and one that is over", async () => {
    const other = await upstream("api.example.test", (_, response) => response.end(), {
      certificate: { names: ["other.example.test"] },
    });
    const over = await upstream("old.example.test", (_, response) => response.end(), {
      certificate: { names: ["old.example.test"], notAfterMs: Date.now() - 1000 },
    });
    const { egress } = egressTo([other, over]);
    expect(codeOf(await egress.request(requestOf("https://api.example.test/")))).toBe("TLS_INVALID");
    expect(codeOf(await egress.request(requestOf("https://old.example.test/")))).toBe("TLS_INVALID");
    expect(other.requests.length + over.requests.length).toBe(0);
  });

  it("is verified whatever the environment says", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end());
    const { egress } = egressTo([], { resolve: async () => ["127.0.0.1"], isPublicAddress: () => true });
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
    try {
      const result = await egress.request(requestOf(`https://api.example.test:${api.port}/`));
      expect(codeOf(result)).toBe("TLS_INVALID");
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("pins", () => {
  const pinned = (sha256: string[], mode: "enforce" | "report", until = 2000): EgressDecision => ({
    ...ALLOW,
    pins: [{ sha256, until, mode }],
  });
  const wrong = "0".repeat(64);

  it("let the right key through, leaf or issuer, and stop a wrong one before a byte is sent", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end("ok"));
    const { egress } = egressTo([api]);
    const ask = (decision: EgressDecision) =>
      egress.request(requestOf("https://api.example.test/", { decide: () => decision }));
    expect(codeOf(await ask(pinned([wrong, api.leafSpkiSha256], "enforce")))).toBe(200);
    expect(codeOf(await ask(pinned([authority.spkiSha256], "enforce")))).toBe(200);
    expect(api.requests).toHaveLength(2);
    const refused = await ask(pinned([wrong], "enforce"));
    expect(refused).toMatchObject({ outcome: "denied", decision: { code: "PIN_MISMATCH", rule: "/hosts/0" } });
    expect(api.requests).toHaveLength(2);
  });

  it("do not count a certificate that is only sent along", async () => {
    const stranger = newTestAuthority();
    const api = await upstream("api.example.test", (_, response) => response.end("ok"), {
      appendedPem: stranger.certificatePem,
    });
    const { egress } = egressTo([api]);
    const result = await egress.request(
      requestOf("https://api.example.test/", { decide: () => pinned([stranger.spkiSha256], "enforce") }),
    );
    expect(codeOf(result)).toBe("PIN_MISMATCH");
  });

  it("in report mode tell and let through; past `until` they are over", async () => {
    const api = await upstream("api.example.test", (_, response) => response.end("ok"));
    const { egress, recordEvent } = egressTo([api]);
    const ask = (decision: EgressDecision) =>
      egress.request(requestOf("https://api.example.test/", { decide: () => decision }));
    expect(codeOf(await ask(pinned([wrong], "enforce", 1000)))).toBe(200);
    expect(recordEvent).not.toHaveBeenCalled();
    expect(codeOf(await ask(pinned([wrong], "report")))).toBe(200);
    expect(recordEvent).toHaveBeenCalledWith(expect.objectContaining({ code: "PIN_MISMATCH", rule: "/hosts/0" }));
  });
});

describe("redirects", () => {
  it("are decided again at every hop, with the joined URL and the one that redirected", async () => {
    const api = await upstream("api.example.test", (request, response) => {
      if (request.url === "/a/start") response.writeHead(302, { location: "../b" }).end();
      else response.end("there");
    });
    const { egress } = egressTo([api]);
    const decide = vi.fn((_url: string, _purpose: string, _hop: number, _from?: string) => ALLOW);
    const result = await egress.request(requestOf("https://api.example.test/a/start", { decide }));
    expect(result).toMatchObject({ outcome: "response", url: "https://api.example.test/b" });
    expect(decide).toHaveBeenCalledWith("https://api.example.test/a/start", "request", 0, undefined);
    expect(decide).toHaveBeenCalledWith("https://api.example.test/b", "request", 1, "https://api.example.test/a/start");
  });

  it("have the bytes of a path encoded as they came, before they are decided and sent", async () => {
    const seen: (string | undefined)[] = [];
    const api = await upstream("api.example.test", (request, response) => {
      seen.push(request.url);
      if (request.url === "/start") response.writeHead(302, { location: "/\u00fc\u00c3\u00bc?\u00ff" }).end();
      else response.end("there");
    });
    const { egress } = egressTo([api]);
    const result = await egress.request(requestOf("https://api.example.test/start", { decide: () => ALLOW }));
    expect(result).toMatchObject({ outcome: "response", url: "https://api.example.test/%FC%C3%BC?%FF" });
    expect(seen).toEqual(["/start", "/%FC%C3%BC?%FF"]);
  });

  it("to what is not allowed end with the code of that hop, and the target is never reached", async () => {
    const evil = await upstream("evil.example.test", (_, response) => response.end("evil"));
    const api = await upstream("api.example.test", (_, response) => {
      response.writeHead(302, { location: "//evil.example.test/x" }).end();
    });
    const { egress } = egressTo([api, evil]);
    const result = await egress.request(
      requestOf("https://api.example.test/", {
        decide: (url) =>
          url.includes("evil") ? { ...ALLOW, decision: "deny", code: "HOST_NOT_ALLOWED", rule: null } : ALLOW,
      }),
    );
    expect(codeOf(result)).toBe("HOST_NOT_ALLOWED");
    expect(evil.connections).toBe(0);
  });

  it("are followed five times; the sixth is REDIRECT_NOT_ALLOWED before the policy is asked", async () => {
    const api = await upstream("api.example.test", (request, response) => {
      const step = Number(request.url?.slice(1));
      response.writeHead(302, { location: `/${step + 1}` }).end();
    });
    const { egress } = egressTo([api]);
    const decide = vi.fn(() => ALLOW);
    const result = await egress.request(requestOf("https://api.example.test/0", { decide }));
    expect(codeOf(result)).toBe("REDIRECT_NOT_ALLOWED");
    expect(api.requests.map((request) => request.path)).toEqual(["/0", "/1", "/2", "/3", "/4", "/5"]);
  });

  it("to another origin lose credentials and body, also where the method stays", async () => {
    const other = await upstream("other.example.test", (_, response) => response.end("ok"));
    const api = await upstream("api.example.test", (_, response) => {
      response.writeHead(307, { location: "https://other.example.test/in" }).end();
    });
    const { egress } = egressTo([api, other]);
    await egress.request(
      requestOf("https://api.example.test/", {
        method: "POST",
        headers: { authorization: "Bearer s", cookie: "a=b", "x-api-key": "k", accept: "text/plain" },
        body: Buffer.from("secret"),
      }),
    );
    const [seen] = other.requests;
    expect(seen?.method).toBe("POST");
    expect(seen?.body.byteLength).toBe(0);
    expect(seen?.headers.accept).toBe("text/plain");
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(seen?.headers[name]).toBeUndefined();
  });

  it("within one origin keep method and body for 307, and become GET for 303", async () => {
    const api = await upstream("api.example.test", (request, response) => {
      if (request.url === "/307") response.writeHead(307, { location: "/end" }).end();
      else if (request.url === "/303") response.writeHead(303, { location: "/end" }).end();
      else response.end("ok");
    });
    const { egress } = egressTo([api]);
    const post = (path: string) =>
      egress.request(
        requestOf(`https://api.example.test${path}`, { method: "POST", body: Buffer.from("x"), headers: { a: "b" } }),
      );
    await post("/307");
    expect(api.requests.at(-1)).toMatchObject({ method: "POST", headers: { a: "b" } });
    expect(api.requests.at(-1)?.body.toString()).toBe("x");
    await post("/303");
    expect(api.requests.at(-1)).toMatchObject({ method: "GET" });
    expect(api.requests.at(-1)?.body.byteLength).toBe(0);
  });
});

describe("bounds", () => {
  it("cut an answer that is too large while it streams, with or without a length", async () => {
    const api = await upstream("api.example.test", (request, response) => {
      if (request.url === "/known") response.writeHead(200, { "content-length": 200_000 });
      const pump = () => {
        if (response.writableEnded || response.destroyed) return;
        if (response.write(Buffer.alloc(16_384))) setImmediate(pump);
        else response.once("drain", pump);
      };
      pump();
    });
    const { egress } = egressTo([api]);
    expect(codeOf(await egress.request(requestOf("https://api.example.test/endless")))).toBe("response_too_large");
    expect(codeOf(await egress.request(requestOf("https://api.example.test/known")))).toBe("response_too_large");
  });

  it("cut a gzip bomb by what it unpacks to", async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    const api = await upstream("api.example.test", (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    const { egress } = egressTo([api], {
      bounds: { ...PATIENT, bodyBytes: 1024 * 1024, recheckMs: 20 },
    });
    expect(bomb.byteLength).toBeLessThan(1024 * 1024);
    expect(codeOf(await egress.request(requestOf("https://api.example.test/")))).toBe("response_too_large");
  });

  it("unpack an honest answer and take the fields away that are no longer true", async () => {
    const packed = gzipSync("plain text");
    const api = await upstream("api.example.test", (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.byteLength, etag: "x" });
      response.end(packed);
    });
    const { egress } = egressTo([api]);
    const result = await egress.request(requestOf("https://api.example.test/"));
    expect(result.outcome === "response" && Buffer.from(result.body).toString()).toBe("plain text");
    expect(result.outcome === "response" && result.headers).toMatchObject({ etag: "x" });
    expect(result.outcome === "response" && Object.keys(result.headers)).not.toContain("content-encoding");
  });

  it("end an upstream that never finishes, and one that never accepts TLS", async () => {
    const slow = await upstream("slow.example.test", (_, response) => {
      response.writeHead(200);
      response.write("a");
    });
    const { createServer } = await import("node:net");
    const mute = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    const port = typeof address === "object" && address ? address.port : 0;
    closing.push(() => new Promise((resolve) => mute.close(() => resolve())));
    const silent: LocalUpstream = {
      ...slow,
      developmentHost: { ...slow.developmentHost, host: "mute.test.example", port },
    };
    const within = (bounds: Partial<typeof PATIENT>) =>
      egressTo([slow, silent], { bounds: { ...PATIENT, bodyBytes: 1024, recheckMs: 20, ...bounds } }).egress;
    const slowly = within({ totalMs: 200 }).request(requestOf("https://slow.example.test/"));
    expect(codeOf(await slowly)).toBe("timeout");
    const silently = within({ connectMs: 100 }).request(requestOf("https://mute.test.example/"));
    expect(codeOf(await silently)).toBe("connect_timeout");
  });

  it("refuse a body that is too large before anything is sent", async () => {
    const { egress } = egressTo([]);
    const body = Buffer.alloc(64 * 1024 + 1);
    expect(codeOf(await egress.request(requestOf("https://a.example.test/", { method: "POST", body })))).toBe(
      "request_too_large",
    );
  });
});

describe("a running transfer", () => {
  it("is cut with the new policy's code, by an application at once and by time without one", async () => {
    let answering: (() => void) | undefined;
    const started = () =>
      new Promise<void>((resolve) => {
        answering = resolve;
      });
    const api = await upstream("api.example.test", (_, response) => {
      response.writeHead(200);
      response.write("a");
      answering?.();
    });
    for (const how of ["recheck", "tick"] as const) {
      const { egress } = egressTo([api], {
        bounds: { ...PATIENT, bodyBytes: 1024, recheckMs: how === "tick" ? 10 : 60_000 },
      });
      let current = ALLOW;
      const isAnswering = started();
      const result = egress.request(requestOf("https://api.example.test/", { decide: () => current }));
      await isAnswering;
      current = {
        ...ALLOW,
        decision: "deny",
        code: "HOST_BLOCKED_BY_PLATFORM",
        layer: "platform",
        rule: "/blockedHosts/0",
      };
      if (how === "recheck") egress.recheck();
      expect(await result).toMatchObject({
        outcome: "denied",
        decision: { code: "HOST_BLOCKED_BY_PLATFORM", rule: "/blockedHosts/0" },
      });
      expect(egress.inFlight).toBe(0);
    }
  });

  it("ends with the program that asked", async () => {
    const api = await upstream("api.example.test", () => undefined);
    const { egress } = egressTo([api]);
    const controller = new AbortController();
    const result = egress.request(requestOf("https://api.example.test/", { signal: controller.signal }));
    controller.abort();
    expect(await result).toEqual({ outcome: "failed", reason: "aborted" });
  });
});

describe("development hosts", () => {
  it("are refused by a production keyset and need an exact name on loopback", () => {
    const good = {
      host: "api.example.test",
      address: "127.0.0.1",
      port: 1,
      certificateAuthorityPem: authority.certificatePem,
    };
    expect(acceptDevelopmentHosts([good], "production")).toEqual({ ok: false, reason: "development_hosts_refused" });
    expect(acceptDevelopmentHosts([], "production").ok).toBe(true);
    expect(acceptDevelopmentHosts([good], "development").ok).toBe(true);
    for (const bad of [
      { ...good, host: "*.example.test" },
      { ...good, host: "API.example.test" },
      { ...good, host: "localhost" },
      { ...good, address: "10.0.0.1" },
      { ...good, address: "127.0.0.1.evil.test" },
      { ...good, address: "::ffff:127.0.0.1" },
      { ...good, port: 0 },
      { ...good, certificateAuthorityPem: "" },
      { ...good, extra: 1 },
    ]) {
      expect(acceptDevelopmentHosts([bad], "development").ok).toBe(false);
    }
    expect(acceptDevelopmentHosts([good, good], "development").ok).toBe(false);
  });
});
