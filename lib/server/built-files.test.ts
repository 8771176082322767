import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBuiltFiles } from "./built-files";
import { boundPort } from "./http-face";

const SCRIPT = "console.log(1);";
let dir: string;
let server: Server;
let base: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "bulkhead-built-"));
  const folder = join(dir, ".next", "static", "chunks", "app", "[appId]");
  mkdirSync(folder, { recursive: true });
  for (const name of ["a.js", "a.css", "secret.txt"]) {
    writeFileSync(join(folder, name), SCRIPT);
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(SCRIPT));
  }
  writeFileSync(join(folder, "unpacked.js"), SCRIPT);
  writeFileSync(join(dir, "outside.js.br"), "outside");
  const files = await findBuiltFiles(dir);
  server = createServer((request, response) => {
    const handler = files(request);
    if (handler === null) response.writeHead(404).end("another's");
    else void handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${boundPort(server)}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

const ask = (path: string, more: RequestInit = {}, accepted = "gzip, deflate, br") =>
  globalThis.fetch(base + path, { ...more, headers: { "accept-encoding": accepted } });
const AT = "/_next/static/chunks/app/%5BappId%5D";

describe("what a build packed", () => {
  test("is sent as it lies there, for good, to whoever takes it packed", async () => {
    const answer = await ask(`${AT}/a.js?v=1`);
    expect([answer.status, await answer.text()]).toEqual([200, SCRIPT]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      "content-encoding": "br",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      "x-content-type-options": "nosniff",
    });
    expect((await ask(`${AT}/a.css`)).headers.get("content-type")).toBe("text/css; charset=utf-8");
    const head = await ask(`${AT}/a.js`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("is left to others where it is not taken packed, is not there, or is no script or style", async () => {
    for (const accepted of ["gzip", "", "br;q=0", "br; q=0.0, gzip", "brotli"]) {
      expect((await ask(`${AT}/a.js`, {}, accepted)).status, accepted).toBe(404);
    }
    expect((await ask(`${AT}/a.js`, {}, "gzip, br;q=0.5")).status).toBe(200);
    expect((await ask(`${AT}/a.js`, { method: "POST" })).status).toBe(404);
    for (const path of [
      `${AT}/unpacked.js`,
      `${AT}/secret.txt`,
      `${AT}/a.js.br`,
      "/_next/static/%2e%2e/%2e%2e/outside.js",
      "/_next/static/..%2f..%2foutside.js",
      "/_next/static/",
      "/a.js",
    ]) {
      expect((await ask(path)).status, path).toBe(404);
    }
  });

  test("is nothing where no pages were built", async () => {
    const none = await findBuiltFiles(join(dir, "nowhere"));
    expect(none({ method: "GET", url: `${AT}/a.js`, headers: { "accept-encoding": "br" } })).toBeNull();
  });
});
