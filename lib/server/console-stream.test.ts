import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBundleFiles } from "@/db/bundles/bundle-files";
import { nodeBundleFs } from "@/db/bundles/bundle-fs";
import { people, sessions } from "@/db/schema";
import { openTestStore } from "@/db/testing/with-test-store";
import { createPasswords } from "@/lib/auth/password";
import { sessionCookie } from "@/lib/auth/session-cookie";
import type { CheckState, Readiness } from "@/lib/contracts/readiness";
import type { Role } from "@/lib/domain/roles";
import { systemClock } from "@/lib/platform/clock";
import { randomIds } from "@/lib/platform/ids";
import type { ServiceContext } from "@/lib/services/context";
import { createTrust } from "@/lib/sync/heads/create-trust";
import { createWatching } from "@/lib/sync/runtime/watching";
import { type ConsoleStreams, createConsoleStreams } from "./console-stream";
import { boundPort } from "./http-face";
import { createReadiness } from "./readiness/create-readiness";

const AUTH_SECRET = "thirty-two bytes that are not a secret";
let context: ServiceContext;
let streams: ConsoleStreams;
const server = createServer((request, response) => void streams.open(request, response));

beforeAll(async () => {
  const store = await openTestStore();
  const signer = { activeKid: async () => "", sign: async () => new Uint8Array() };
  context = {
    store,
    clock: systemClock,
    ids: randomIds,
    logger: () => undefined,
    bundles: createBundleFiles(nodeBundleFs, join(tmpdir(), "no bundles")),
    judgeBundle: () => Promise.reject(new Error("no bundle is handed in here")),
    passwords: createPasswords(),
    watching: createWatching(store, systemClock),
    readiness: createReadiness([], { clock: systemClock, logger: () => undefined }),
    machine: { bootId: "boot-1", name: "bench", uptimeMs: () => 0 },
    signer,
    ...createTrust({ dataDir: tmpdir(), clock: systemClock, logger: () => undefined, signer, roots: null }),
    config: {
      baseUrl: "http://localhost",
      environment: "development",
      isDevelopmentStore: true,
      version: "0",
      submissionQuota: 1,
      authSecret: AUTH_SECRET,
      oidc: null,
    },
  };
  streams = createConsoleStreams(context);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(async () => {
  streams.close();
  server.closeAllConnections();
  server.close();
  await context.store.close();
});

async function signIn(role: Role): Promise<{ cookie: string; personId: string; sessionId: string }> {
  const personId = randomIds.next("person");
  const sessionId = randomIds.next("session");
  const now = new Date();
  const session = { createdAt: now, lastSeenAt: now, expiresAt: new Date(now.getTime() + 3_600_000), detail: {} };
  await context.store.transaction(async ({ db }) => {
    const email = `${personId}@example.test`;
    await db.insert(people).values({ id: personId, email, name: "Ada", role, state: "active", createdAt: now });
    await db.insert(sessions).values({ id: sessionId, personId, ...session });
  });
  const { name } = sessionCookie(context.config.baseUrl);
  const token = await encode({ token: { sid: sessionId }, secret: AUTH_SECRET, salt: name });
  return { cookie: `${name}=${token}`, personId, sessionId };
}

async function listen(cookie: string) {
  const response = await fetch(`http://127.0.0.1:${boundPort(server)}/`, { headers: { cookie } });
  const heard: unknown[] = [];
  const read = async () => {
    if (response.body === null) return;
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      for (const [, data] of chunk.matchAll(/^data: (.*)$/gm)) heard.push(JSON.parse(data ?? ""));
    }
  };
  return { status: response.status, heard, ended: read() };
}

describe("the console's stream", () => {
  it("tells once what many announcements put out of date, with every program named", async () => {
    const { heard } = await listen((await signIn("operator")).cookie);
    await context.store.transaction(async (tx) => {
      tx.announce({ topic: "telemetry", appIds: ["com.example.a"] });
      tx.announce({ topic: "telemetry", appIds: ["com.example.b", "com.example.a"] });
      tx.announce({
        topic: "documents",
        documents: [
          { kind: "program", appId: "com.example.a", epoch: 1, revision: 2 },
          { kind: "platform", appId: null, epoch: 1, revision: 9 },
        ],
      });
      tx.announce({ topic: "audit" });
    });
    await expect.poll(() => heard.length).toBe(3);
    expect(heard).toEqual([
      { topic: "telemetry", appIds: ["com.example.a", "com.example.b"] },
      { topic: "documents", appIds: ["com.example.a"] },
      { topic: "audit" },
    ]);
  });

  it("tells of a check that changes its state by itself", async () => {
    const states: CheckState[] = ["ok", "ok", "failed"];
    const read = async (): Promise<Readiness> => {
      const state = states.length > 1 ? (states.shift() ?? "ok") : "failed";
      return {
        state,
        at: "",
        jobs: [],
        threads: [],
        queues: [],
        checks: [{ name: "disk", state, says: "", remedy: null, ms: 0 }],
      };
    };
    const own = createConsoleStreams({ ...context, readiness: { read } }, 5);
    const before = streams;
    streams = own;
    const { heard } = await listen((await signIn("auditor")).cookie);
    streams = before;
    await expect.poll(() => heard).toEqual([{ topic: "readiness" }]);
    own.close();
  });

  it("ends when its session does, and at once when its person is disabled", async () => {
    const first = await signIn("security");
    const second = await signIn("auditor");
    const signedOut = await listen(first.cookie);
    const disabled = await listen(second.cookie);
    expect([signedOut.status, disabled.status]).toEqual([200, 200]);
    await context.store.transaction(async (tx) => {
      await tx.db.update(sessions).set({ endedAt: new Date() }).where(eq(sessions.id, first.sessionId));
      tx.announce({ topic: "sessions" });
    });
    await signedOut.ended;
    await context.store.transaction(async (tx) => {
      await tx.db.update(people).set({ state: "disabled" }).where(eq(people.id, second.personId));
      tx.announce({ topic: "people" });
    });
    await disabled.ended;
    expect((await listen(second.cookie)).status).toBe(401);
  });

  it("of one session are twelve at most: each further one ends the oldest, however many come at once", async () => {
    const { cookie } = await signIn("operator");
    const ended: number[] = [];
    const listenAs = async (n: number) => {
      const { ended: over } = await listen(cookie);
      void over.then(() => ended.push(n));
    };
    for (let n = 0; n < 12; n += 1) await listenAs(n);
    expect(ended).toEqual([]);
    await Promise.all([12, 13, 14].map(listenAs));
    await expect.poll(() => [...ended].sort()).toEqual([0, 1, 2]);
  });

  it("is not kept for a browser that hung up while its session was read", async () => {
    const { cookie } = await signIn("operator");
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holding = context.store.transaction(async ({ db }) => {
      await db.execute("select 1");
      await held;
    });
    const reached = new Promise<{ response: ServerResponse; opened: Promise<void> }>((resolve) => {
      const own = createServer((request, response) => {
        resolve({ response, opened: streams.open(request, response) });
        own.close();
      });
      own.listen(0, "127.0.0.1", () => {
        const browser = connect(boundPort(own), "127.0.0.1", () => {
          browser.write(`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
        });
        void reached.then(() => browser.destroy());
      });
    });
    const { response, opened } = await reached;
    await new Promise((resolve) => response.once("close", resolve));
    release();
    await Promise.all([holding, opened]);
    expect(response.headersSent).toBe(false);
  });

  it("is refused to nobody's cookie and to a role that may not read the console", async () => {
    expect((await listen("bulkhead.session=made-up")).status).toBe(401);
    expect((await listen((await signIn("developer")).cookie)).status).toBe(403);
  });
});
