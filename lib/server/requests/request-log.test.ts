import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "@/lib/platform/logger";
import { boundPort, createNodeHandler, type HttpFace, type OtherHandler, openHttpFace } from "../http-face";
import { createRequestLog, type RequestLog } from "./request-log";

type Line = Record<string, unknown> & { event: string };

let face: HttpFace;
let log: RequestLog;
let lines: Line[];
let nowMs: number;
let base: string;
let otherwise: OtherHandler;

beforeEach(async () => {
  lines = [];
  nowMs = 0;
  const logger = createLogger((text) => lines.push(JSON.parse(text)));
  log = createRequestLog({ logger, uptimeMs: () => nowMs });
  face = await openHttpFace("127.0.0.1", 0);
  base = `http://127.0.0.1:${boundPort(face.server)}`;
  otherwise = (_, response) => void response.end("page");
  const context = {
    ids: { next: () => "req_1" },
    logger,
    config: { baseUrl: base, environment: "production" as const, version: "0", submissionQuota: 1 },
  };
  const lean = { prefixes: ["/api/runtime"], routes: [], streams: new Map() };
  face.serve(createNodeHandler(context, lean, (...call) => otherwise(...call), { requests: log }));
});
afterEach(async () => {
  log.close();
  await face.close(0);
});

const ask = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${base}${path}`, init);
  await response.text();
  return response;
};
const written = (event: string) => lines.filter((line) => line.event === event);

describe("the line of a request", () => {
  it("has no token, cookie, one-time link or query, wherever one is put", async () => {
    const secret = "hunter2hunter2hunter2";
    const headers = { authorization: `Bearer ${secret}`, cookie: `bulkhead.session=${secret}`, "x-other": secret };
    for (const path of [
      `/link/${secret}`,
      `/set-up/${secret}?t=${secret}`,
      `/${secret}`,
      `/api/auth/x?code=${secret}`,
    ]) {
      await ask(path, { headers });
      await ask(path, { headers, method: "POST", body: secret });
    }
    await expect.poll(() => written("request").length).toBe(8);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(new Set(written("request").map(({ route }) => route))).toEqual(
      new Set(["/link/*", "/set-up/*", "/*", "/api/auth/*"]),
    );
  });

  it("warns of a slow one, and says of one that hangs that it does, once, while it hangs", async () => {
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      otherwise = (_, response, { line }) => {
        line.tell({ who: "per_1" });
        release = () => response.end();
        resolve();
      };
    });
    const asked = ask("/programs/com.example.a");
    await hanging;
    log.lookForHung();
    expect(written("request_hangs")).toEqual([]);
    nowMs = 10_000;
    log.lookForHung();
    log.lookForHung();
    expect(written("request_hangs")).toMatchObject([
      { level: "warn", method: "GET", route: "/programs/*", who: "per_1", ms: 10_000 },
    ]);
    release();
    await asked;
    await expect
      .poll(() => written("request"))
      .toMatchObject([{ level: "warn", status: 200, ms: 10_000, who: "per_1" }]);
  });

  it("is counted for what is asked all the time, so that a flood is no flood of the log", async () => {
    otherwise = (_, response) => void response.end();
    for (let at = 0; at < 100; at += 1) await ask("/_next/static/a.js");
    for (let at = 0; at < 100; at += 1) await ask("/api/runtime/v1/nothing");
    await expect.poll(() => written("request").length).toBe(60);
    log.tellCounted();
    expect(written("requests")).toMatchObject([
      { route: "/_next/*", count: 100, statuses: { 200: 100 } },
      { route: "/api/runtime/v1/*", count: 40, statuses: { 404: 40 } },
    ]);
    expect(written("request").every(({ status, route }) => status === 404 && route === "/api/runtime/v1/*")).toBe(true);
  });

  it("tells of one that was given up", async () => {
    const reached = new Promise<void>((resolve) => {
      otherwise = () => resolve();
    });
    const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
      socket.write("GET /audit HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    await reached;
    socket.destroy();
    await expect.poll(() => written("request")).toMatchObject([{ route: "/audit", status: null }]);
  });
});
