import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ManualTime, manualTime } from "@/db/testing/manual-time";
import { createLogger } from "@/lib/platform/logger";
import { type ConsoleQueues, createConsoleQueues } from "./admission/console-queues";
import { createForwarder, type Forwarder } from "./forward-to-console";
import { boundPort, createNodeHandler, type HttpFace, openHttpFace } from "./http-face";
import { createKnownSessions } from "./requests/known-sessions";
import { createRequestLog, type RequestLog } from "./requests/request-log";

type Line = Record<string, unknown> & { event: string };

let folder: string;
let face: HttpFace;
let base: string;
let behind: Server | null;
let answer: RequestListener;
let socketPath: string | null;
let queues: ConsoleQueues;
let requests: RequestLog;
let forwarder: Forwarder;
let lines: Line[];
let time: ManualTime;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-forward-"));
  lines = [];
  time = manualTime();
  const logger = createLogger((text) => lines.push(JSON.parse(text)));
  answer = (_, response) => void response.end("console");
  const path = join(folder, "console");
  socketPath = path;
  behind = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => behind?.listen(path, resolve));
  queues = createConsoleQueues({});
  face = await openHttpFace("127.0.0.1", 0);
  base = `http://127.0.0.1:${boundPort(face.server)}`;
  let made = 0;
  const ids = { next: () => `req_${++made}` };
  forwarder = createForwarder({
    socketPath: () => socketPath,
    queues,
    sessions: createKnownSessions(base),
    ids,
    logger,
    ownMark: "mark",
    timers: time.timers,
  });
  requests = createRequestLog({ logger });
  const config = { baseUrl: base, environment: "production" as const, version: "0" };
  const lean = { prefixes: ["/api/runtime"], routes: [], streams: new Map() };
  face.serve(createNodeHandler({ ids, logger, config }, lean, forwarder.handler, { requests }));
});
afterEach(async () => {
  forwarder.close();
  await face.close(0);
  behind?.closeAllConnections();
  behind?.close();
  requests.close();
  rmSync(folder, { recursive: true, force: true });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Takes the next request of the console and hands both sides of it over. */
function nextAtConsole() {
  return new Promise<Parameters<RequestListener>>((resolve) => {
    answer = (...call) => resolve(call);
  });
}

describe("what is handed on to the console", () => {
  it("is the request as it came, but for what belongs to one connection and what only this server may say", async () => {
    const seen: Record<string, unknown>[] = [];
    answer = async (request, response) => {
      seen.push({ method: request.method, url: request.url, ...request.headers, body: await bodyOf(request) });
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.setHeader("x-bulkhead-actor", "per_1");
      response.setHeader("x-bulkhead-route", "/api/console/v1/x/{id}");
      response.statusCode = 201;
      response.end("made");
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(`${base}/api/console/v1/x/7?q=%20`, { method: "POST" }, resolve);
      sent.on("error", reject);
      for (const [name, value] of Object.entries({
        host: "console.test",
        cookie: "bulkhead.session=t",
        "content-type": "application/json",
        connection: "keep-alive, x-hop",
        "x-hop": "1",
        te: "trailers",
        "x-bulkhead-client-address": "203.0.113.9",
        "x-bulkhead-socket": "127.0.0.1",
        "x-bulkhead-own": "made up",
      })) {
        sent.setHeader(name, value);
      }
      sent.end('{"a":1}');
    });
    const [got = {}] = seen;
    expect(got).toMatchObject({
      method: "POST",
      url: "/api/console/v1/x/7?q=%20",
      host: "console.test",
      cookie: "bulkhead.session=t",
      "content-length": "7",
      body: '{"a":1}',
      "x-bulkhead-client-address": "127.0.0.1",
      "x-bulkhead-own": "mark",
    });
    for (const name of ["x-hop", "te", "x-bulkhead-socket", "transfer-encoding"]) expect(got).not.toHaveProperty(name);
    expect(response.statusCode).toBe(201);
    expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(Object.keys(response.headers).filter((name) => name.startsWith("x-bulkhead"))).toEqual([]);
    response.resume();
    await expect
      .poll(() => lines.find(({ event }) => event === "request"))
      .toMatchObject({ route: "/api/console/v1/x/{id}", who: "per_1", status: 201 });
  });

  it("comes back as it is written, and is held back while its reader does not read", async () => {
    const reached = nextAtConsole();
    const asked = fetchOpen("/audit");
    const [, stream] = await reached;
    stream.write("first");
    const reader = (await asked).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first");
    const chunk = Buffer.alloc(1024 * 1024);
    let held = 0;
    while (held < 64 && stream.write(chunk)) held += 1;
    const whole = 64;
    let written = held + 1;
    let read = 0;
    const drained = (async () => {
      for (; written < whole; written += 1) {
        if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
      }
      stream.end();
    })();
    expect(written).toBeLessThan(whole);
    for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.byteLength;
    await drained;
    expect(read).toBe(whole * chunk.byteLength);
  });

  it("is given up there when whoever asked hangs up, and its turn is free again", async () => {
    const reached = nextAtConsole();
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
      socket.write("GET /audit HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    const [, response] = await reached;
    const closed = new Promise((resolve) => response.once("close", resolve));
    expect(queues.pages.figures().running).toBe(1);
    socket.destroy();
    await closed;
    await expect.poll(() => queues.pages.figures().running).toBe(0);
  });

  it("is never begun where the body is larger than any that is taken, or breaks off", async () => {
    let begun = 0;
    answer = (_, response) => {
      begun += 1;
      response.end();
    };
    const large = await fetch(`${base}/sign-in`, { method: "POST", body: "x".repeat(1024 * 1024 + 1) });
    expect(large.status).toBe(413);
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
      socket.write("POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", () => socket.destroy());
    });
    await expect.poll(() => lines.filter(({ event }) => event === "request").length).toBe(2);
    expect(begun).toBe(0);
    expect(queues.bodies.figures()).toMatchObject({ running: 0 });
  });

  async function fetchOpen(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await fetch(`${base}${path}`);
    if (response.body === null) throw new Error("no body");
    return response.body;
  }
});

describe("where the console does not answer", () => {
  it("people get a page and programs an error, both 503 and told when to ask again", async () => {
    socketPath = null;
    const page = await fetch(`${base}/programs`);
    expect([page.status, page.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(page.headers.get("content-type")).toContain("text/html");
    const api = await fetch(`${base}/api/console/v1/programs`);
    expect([api.status, api.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await api.json()).toMatchObject({ error: { code: "unavailable" } });
  });

  it("because it fell over a request, that one is answered 503 as well", async () => {
    const reached = nextAtConsole();
    const asked = fetch(`${base}/api/console/v1/programs`);
    const [request] = await reached;
    request.socket.destroy();
    const response = await asked;
    expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
  });

  it("to one who asks for too much, others still find their turn, and a decision always does", async () => {
    answer = () => undefined;
    const abort = new AbortController();
    const session = { cookie: "bulkhead.session=known" };
    // Who this session is, the console's own answer says.
    answer = (_, response) => void response.setHeader("x-bulkhead-actor", "per_1").end();
    await fetch(`${base}/api/console/v1/session`, { headers: session });
    answer = () => undefined;
    const flood = Array.from({ length: 60 }, () => fetch(`${base}/programs`, { signal: abort.signal }));
    const statuses = flood.map((asked) =>
      asked.then(
        ({ status }) => status,
        () => "hangs",
      ),
    );
    await expect.poll(() => queues.pages.figures()).toMatchObject({ running: 8, waiting: 48, refusedLately: 4 });
    answer = (_, response) => void response.end("done");
    const decided = await fetch(`${base}/api/console/v1/change-sets`, { method: "POST", headers: session, body: "{}" });
    expect(decided.status).toBe(200);
    expect((await fetch(`${base}/programs`, { headers: session })).status).toBe(200);
    abort.abort();
    expect((await Promise.all(statuses)).filter((status) => status === 503)).toHaveLength(4);
  });

  /** Begins forms and never ends them. */
  const sendSlowly = (count: number, headers = "") =>
    Array.from({ length: count }, () => {
      const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
        socket.write(`POST /sign-in HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: 100\r\n\r\n{`);
      });
      return { socket, answered: new Promise<string>((resolve) => socket.once("data", (data) => resolve(`${data}`))) };
    });

  it("a slow sender holds no turn, and after 15 s no place either", async () => {
    const [slow] = sendSlowly(1);
    await expect.poll(() => queues.bodies.figures().running).toBe(1);
    expect(queues["sign-in"].figures().running).toBe(0);
    expect((await fetch(`${base}/sign-in`)).status).toBe(200);
    await time.pass(14_999);
    expect(queues.bodies.figures().running).toBe(1);
    await time.pass(1);
    expect(await slow?.answered).toMatch(/^HTTP\/1.1 400 /);
    expect(queues.bodies.figures().running).toBe(0);
    slow?.socket.destroy();
  });

  it("one who sends many slow bodies fills few places, and none of those of people who are known", async () => {
    const session = { cookie: "bulkhead.session=known" };
    answer = (_, response) => void response.setHeader("x-bulkhead-actor", "per_1").end();
    await fetch(`${base}/api/console/v1/session`, { headers: session });
    const slow = sendSlowly(8);
    await expect.poll(() => queues.bodies.figures()).toMatchObject({ running: 4, waiting: 4 });
    const known = sendSlowly(12, "Cookie: bulkhead.session=known\r\n");
    await expect.poll(() => queues["known-bodies"].figures()).toMatchObject({ running: 8, waiting: 4 });
    expect(queues.bodies.figures()).toMatchObject({ running: 4, waiting: 4 });
    expect(queues.decisions.figures().running).toBe(0);
    for (const { socket } of [...slow, ...known]) socket.destroy();
    await expect.poll(() => queues.bodies.figures()).toMatchObject({ running: 0, waiting: 0 });
    await expect.poll(() => queues["known-bodies"].figures()).toMatchObject({ running: 0, waiting: 0 });
  });

  it("eight people who send slowly keep no ninth from deciding, however large they say that it becomes", async () => {
    const cookieOf = (n: number) => `bulkhead.session=known${n}`;
    for (let n = 1; n <= 9; n += 1) {
      answer = (_, response) => void response.setHeader("x-bulkhead-actor", `per_${n}`).end();
      await fetch(`${base}/api/console/v1/session`, { headers: { cookie: cookieOf(n) } });
    }
    answer = (_, response) => void response.end("done");
    const path = "/api/console/v1/narrowings";
    const sockets = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) =>
      [1024 * 1024, 100].flatMap((bytes) =>
        Array.from({ length: 8 }, () => {
          const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookieOf(n)}\r\nContent-Length: ${bytes}\r\n\r\n{`;
          const socket = connect(Number(new URL(base).port), "127.0.0.1", () => void socket.write(head));
          return socket;
        }),
      ),
    );
    await expect.poll(() => queues["known-bodies"].figures()).toMatchObject({ running: 64, waiting: 0 });
    await expect.poll(() => queues["decision-bodies"].figures()).toMatchObject({ running: 16, waiting: 48 });
    const ninth = { method: "POST", headers: { cookie: cookieOf(9) } };
    expect((await fetch(`${base}${path}`, { ...ninth, body: "{}" })).status).toBe(200);
    // What is too large to be a decision finds no place, but one to wait in.
    const large = fetch(`${base}${path}`, { ...ninth, body: "x".repeat(1024 * 1024) });
    await expect.poll(() => queues["known-bodies"].figures()).toMatchObject({ running: 64, waiting: 1 });
    for (const socket of sockets) socket.destroy();
    expect((await large).status).toBe(200);
  });
});

describe("a connection that becomes another protocol's", () => {
  /** Asks to change the protocol, with the first bytes of the new one behind it, and gathers what comes. */
  function askToChange() {
    face.server.on("upgrade", forwarder.upgrade);
    let got = "";
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
      socket.write(
        "GET /_next/hmr HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Bulkhead-Own: made up\r\n\r\nearly",
      );
    });
    socket.on("data", (data) => {
      got += data;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    return { socket, closed, got: () => got };
  }

  it("is handed on both ways, from the first byte to the end of either side", async () => {
    const ended = new Promise<string>((resolve) => {
      behind?.on("upgrade", (request, upstream) => {
        upstream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ");
        upstream.write(`${request.url} `);
        upstream.on("data", (data: Buffer) => upstream.write(`echo ${data} `));
        upstream.on("end", () => upstream.end());
        upstream.on("close", () => resolve("closed"));
      });
    });
    const { socket, got } = askToChange();
    await expect.poll(got).toMatch(/^HTTP\/1.1 101 .*hello \/_next\/hmr/s);
    await expect.poll(got).toContain("early");
    socket.write("more");
    await expect.poll(got).toContain("echo more");
    socket.destroy();
    expect(await ended).toBe("closed");
  });

  it("is closed with the server, which nothing else would do", async () => {
    behind?.on("upgrade", (_, upstream) => {
      upstream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      upstream.on("error", () => undefined);
    });
    const { closed, got } = askToChange();
    await expect.poll(got).toContain("101");
    forwarder.close();
    await closed;
  });

  it("is closed where the console does not change it, and where there is none", async () => {
    const refused = askToChange();
    await refused.closed;
    socketPath = null;
    const none = askToChange();
    await none.closed;
    expect([refused.got(), none.got()]).toEqual(["", ""]);
  });
});

describe("whoever reads slowly", () => {
  /** Asks, and reads nothing of the answer. */
  async function askAndWait(path: string) {
    const reached = nextAtConsole();
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
      socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    });
    const [, response] = await reached;
    return { socket, response, closed: new Promise((resolve) => response.once("close", resolve)) };
  }
  const endless = (response: Parameters<RequestListener>[1]) => {
    const chunk = Buffer.alloc(1024 * 1024);
    const more = () => {
      for (let n = 0; n < 16 && response.write(chunk); n += 1);
    };
    response.on("drain", more);
    more();
  };

  it("holds no turn once the answer has come, which is kept for them", async () => {
    const { socket, response } = await askAndWait("/programs");
    response.end(Buffer.alloc(512 * 1024));
    await expect.poll(() => queues.pages.figures().running).toBe(0);
    socket.destroy();
  });

  it("of an answer that is too long to be kept, is cut off after a minute, and the turn is free", async () => {
    const { socket, response, closed } = await askAndWait("/programs");
    endless(response);
    await expect.poll(() => response.writableNeedDrain).toBe(true);
    await time.pass(59_000);
    expect(queues.pages.figures().running).toBe(1);
    // What the system's own buffers took counts as read, at most some MiB.
    await time.pass(300_000);
    await closed;
    await expect.poll(() => queues.pages.figures().running).toBe(0);
    socket.destroy();
  });

  it("is not whoever took all that came, and waits for the rest", async () => {
    const reached = nextAtConsole();
    const asked = fetch(`${base}/audit`);
    const [, response] = await reached;
    response.write("first ");
    const reader = (await asked).body?.getReader();
    await reader?.read();
    await time.pass(300_000);
    response.end("last");
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("last");
  });

  it("of the stream of events, stays: it has no end", async () => {
    const { socket, response } = await askAndWait("/api/console/v1/stream");
    response.write("retry: 2000\n\n");
    await expect.poll(() => queues["console-streams"].figures().running).toBe(1);
    await time.pass(3_600_000);
    expect(queues["console-streams"].figures().running).toBe(1);
    socket.destroy();
    await expect.poll(() => queues["console-streams"].figures().running).toBe(0);
  });
});
