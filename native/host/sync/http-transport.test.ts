import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpTransport } from "./http-transport";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function get(url: string, more: { bytesMax?: number; timeoutMs?: number } = {}) {
  const transport = createHttpTransport();
  closing.push(() => transport.close());
  return transport.send({ method: "GET", url, headers: {}, bytesMax: 1024, timeoutMs: 5000, ...more });
}

describe("an answer from the platform", () => {
  it("is read whole, unpacked, with its status and fields", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", etag: '"a"' }).end(gzipSync("body"));
    });
    const answer = await get(url);
    expect(answer).toMatchObject({ ok: true, status: 200, headers: { etag: '"a"' } });
    expect(answer.ok && Buffer.from(answer.body).toString()).toBe("body");
  });

  it("without an end is cut off where it passes its bound", async () => {
    const url = await serve((_, response) => {
      const pump = () => {
        if (response.destroyed) return;
        if (response.write(Buffer.alloc(512))) setImmediate(pump);
        else response.once("drain", pump);
      };
      pump();
    });
    expect(await get(url)).toEqual({ ok: false, reason: "too_large" });
  });

  it("that unpacks to more than its bound is cut off there", async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    expect(await get(url, { bytesMax: 100_000 })).toEqual({ ok: false, reason: "too_large" });
  });

  it("that lies about its length or ends early is no answer", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("short");
      setImmediate(() => response.destroy());
    });
    expect(await get(url)).toEqual({ ok: false, reason: "unreachable" });
  });

  it("that takes too long is given up", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      response.write("a");
    });
    expect(await get(url, { timeoutMs: 100 })).toEqual({ ok: false, reason: "timeout" });
  });

  it("that redirects is not followed", async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, { location: "https://evil.test/" }).end();
    });
    expect(await get(url)).toMatchObject({ ok: true, status: 302 });
  });
});
