import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ManualTime, manualTime } from "@/db/testing/manual-time";
import { createLogger } from "@/lib/platform/logger";
import { publishDocuments } from "@/lib/sync/publish-documents";
import { createConsoleQueues } from "../admission/console-queues";
import { createForwarder } from "../forward-to-console";
import { boundPort, createNodeHandler, openHttpFace } from "../http-face";
import { createLeanApi } from "../lean-api";
import { projectRoot } from "../project-root";
import { createReadiness } from "../readiness/create-readiness";
import { consoleThread } from "../readiness/thread-checks";
import { createKnownSessions } from "../requests/known-sessions";
import { leanRouteTable } from "../route-table";
import { type FaceFixture, openFaceFixture } from "../testing/face-fixture";
import { type Supervised, superviseThread, type ThreadCalls } from "./supervise-thread";
import type { ThreadScript } from "./thread-script";

type Calls = ThreadCalls & {
  echo(text: string): Promise<string>;
  /** Ends the thread in this way. */
  end(how: "throw" | "reject" | "memory" | "exit"): Promise<null>;
  hang(input: null): Promise<null>;
};

/** A thread that answers at a socket, and is blocked by GET /block until it is told by shared memory. */
function script(): ThreadScript {
  const host = JSON.stringify(pathToFileURL(join(projectRoot(), "lib/server/threads/answer-host.ts")).href);
  const text = `
    const { workerData } = require("node:worker_threads");
    const { createServer } = require("node:http");
    import("tsx/esm/api").then(({ register }) => { register(); return import(${host}); }).then(async ({ answerHost }) => {
      const host = answerHost({
        echo: async (text) => text,
        hang: () => new Promise(() => undefined),
        end: async (how) => {
          if (how === "throw") setImmediate(() => { throw new Error("thrown"); });
          if (how === "reject") void Promise.reject(new Error("rejected"));
          if (how === "exit") process.exit(0);
          if (how === "memory") setImmediate(() => { const all = []; for (;;) all.push(new Array(100000).fill(all)); });
          return new Promise(() => undefined);
        },
      }, () => undefined, () => workerData.hangsAtStop ? new Promise(() => undefined) : Promise.resolve());
      const flag = new Int32Array(workerData.flag);
      const server = createServer((request, response) => {
        if (request.url === "/block") {
          Atomics.store(flag, 0, 1);
          while (Atomics.load(flag, 0) !== 2);
        }
        response.end("console");
      });
      server.listen(workerData.socketPath, () => host.up());
    });`;
  return { script: text, isText: true };
}

let folder: string;
let flag: Int32Array<SharedArrayBuffer>;
let nowMs: number;
let time: ManualTime;
let logged: string[];
const threads: Supervised<Calls>[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-thread-"));
  flag = new Int32Array(new SharedArrayBuffer(4));
  nowMs = 0;
  time = manualTime();
  logged = [];
});
afterEach(async () => {
  Atomics.store(flag, 0, 2);
  for (const thread of threads.splice(0)) await thread.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(options: { hangsAtStop?: boolean; memoryMib?: number } = {}) {
  let starts = 0;
  const socketPath = () => join(folder, `socket-${starts}`);
  const thread = superviseThread<Calls>({
    name: "console",
    script: script(),
    start() {
      starts += 1;
      const { hangsAtStop = false } = options;
      return { data: { socketPath: socketPath(), flag: flag.buffer, hangsAtStop } };
    },
    calls: {},
    memoryMib: options.memoryMib ?? 128,
    logger: (_, event) => void logged.push(event),
    uptimeMs: () => nowMs,
    timers: time.timers,
  });
  threads.push(thread);
  return { thread, socketPath: () => (thread.line() === null ? null : socketPath()) };
}

describe("a thread that is blocked", () => {
  let fixture: FaceFixture;
  beforeEach(async () => {
    fixture = await openFaceFixture();
    await fixture.addProgram("com.example.a");
    await fixture.store.transaction((tx) =>
      publishDocuments(tx, fixture.ctx, {
        appIds: ["com.example.a"],
        platform: true,
        changeSetId: null,
        narrows: false,
      }),
    );
  });
  afterEach(() => fixture.close());

  it("keeps neither health nor a device's document waiting, and readiness names it", async () => {
    const { thread, socketPath } = start();
    await thread.firstUp;
    const check = consoleThread(thread.figures);
    const { context } = fixture;
    const readiness = createReadiness([check], { ...context, uptimeMs: () => nowMs });
    const lean = createLeanApi(context, fixture.api, leanRouteTable, { readiness });
    const forwarder = createForwarder({
      socketPath,
      queues: createConsoleQueues({}),
      sessions: createKnownSessions("http://localhost"),
      ids: context.ids,
      ownMark: "mark",
      logger: createLogger(() => undefined),
    });
    const face = await openHttpFace("127.0.0.1", 0);
    const base = `http://127.0.0.1:${boundPort(face.server)}`;
    face.serve(createNodeHandler(context, lean, forwarder.handler));
    expect(await (await fetch(`${base}/`)).text()).toBe("console");

    const blocked = fetch(`${base}/block`);
    await expect.poll(() => Atomics.load(flag, 0)).toBe(1);
    const { accessToken } = await fixture.addDevice();
    const headers = { authorization: `Bearer ${accessToken}` };
    const answers = [
      await fetch(`${base}/api/health`),
      await fetch(`${base}/api/runtime/v1/platform`),
      await fetch(`${base}/api/runtime/v1/programs/com.example.a`, { headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    nowMs += 10_000;
    const ready = await fetch(`${base}/api/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { checks: [{ name: "console_thread", state: "failed" }] },
    ]);
    // Only now it goes on: all of the above was answered while it was blocked.
    expect(Atomics.load(flag, 0)).toBe(1);
    Atomics.store(flag, 0, 2);
    expect((await blocked).status).toBe(200);
    forwarder.close();
    await face.close(0);
  });
});

describe("a thread that hangs", () => {
  it("is ended after thirty looks at which nothing was heard of it, what waited for it is told 503, and it starts again", async () => {
    const { thread, socketPath } = start();
    await thread.firstUp;
    const forwarder = createForwarder({
      socketPath,
      queues: createConsoleQueues({}),
      sessions: createKnownSessions("http://localhost"),
      ids: { next: () => "req_1" },
      ownMark: "mark",
      logger: () => undefined,
    });
    const face = await openHttpFace("127.0.0.1", 0);
    face.serve((request, response) => {
      void forwarder.handler(request, response, { from: "127.0.0.1", line: { tell: () => undefined } });
    });
    const base = `http://127.0.0.1:${boundPort(face.server)}`;
    const asked = fetch(`${base}/block`);
    await expect.poll(() => Atomics.load(flag, 0)).toBe(1);
    const waiting = Promise.allSettled([thread.line()?.ask("echo", "x")]);
    // What it told before it hung is heard by now; whatever the clock says, only looks count.
    await time.pass(1_000);
    nowMs += 3_600_000;
    await time.pass(28_000);
    expect(thread.figures()).toMatchObject({ state: "running", starts: 1 });
    expect(logged).not.toContain("thread_hangs");
    await time.pass(2_000);
    expect(await waiting).toMatchObject([{ status: "rejected", reason: { code: "unavailable" } }]);
    const answer = await asked;
    expect([answer.status, answer.headers.has("retry-after")]).toEqual([503, true]);
    expect(logged).toEqual(expect.arrayContaining(["thread_hangs", "thread_ended"]));
    await expect.poll(() => thread.figures()).toMatchObject({ state: "running", starts: 2 });
    expect(await (await fetch(`${base}/`)).text()).toBe("console");
    forwarder.close();
    await face.close(0);
  });
});

describe("a thread that ends", () => {
  it.each(["throw", "reject", "memory", "exit"] as const)(
    "by %s is started again, what waited for it is told, and the process goes on",
    async (how) => {
      const { thread } = start({ memoryMib: 48 });
      await thread.firstUp;
      const waiting = thread.line()?.ask("hang", null);
      const ended = thread.line()?.ask("end", how);
      const outcomes = await Promise.allSettled([waiting, ended]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
      expect(thread.figures().state).not.toBe("running");
      await expect.poll(() => thread.figures()).toMatchObject({ state: "running", starts: 2 });
      expect(await thread.line()?.ask("echo", "again")).toBe("again");
      expect(logged).toContain("thread_ended");
    },
  );

  it("because it is to stop is not started again, and is ended where it does not end by itself", async () => {
    const { thread } = start({ hangsAtStop: true });
    await thread.firstUp;
    await thread.stop();
    expect(logged).toContain("thread_ended_by_force");
    expect(logged).not.toContain("thread_ended");
    expect(thread.figures()).toMatchObject({ state: "down", starts: 1 });
  });
});
