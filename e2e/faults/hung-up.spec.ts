import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { startServer } from "../fixtures/running-server";

const PATHS = [
  "/sign-in",
  "/link/abcdefghijklmnopqrstuvwxyz",
  "/api/auth/callback/password",
  "/api/console/v1/change-sets/edit",
  "/api/runtime/v1/telemetry",
  "/api/publisher/v1/submissions",
];

/** Anybody can do this: announce a body, send a part of it, and hang up. */
function hangUp(port: number, path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`;
      socket.write(`${head}{"half":`, () => socket.resetAndDestroy());
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}

test("clients that hang up in the middle of a body do not end the server", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "bulkhead-hung-up-"));
  const server = await startServer({ dataDir, port: 0 });
  try {
    const port = Number(new URL(server.url).port);
    for (let round = 0; round < 10; round += 1) await Promise.all(PATHS.map((path) => hangUp(port, path)));
    const health = await fetch(`${server.url}/api/health`);
    expect(health.status).toBe(200);
    const page = await fetch(`${server.url}/sign-in`);
    expect(page.status).toBe(200);
    expect(server.child.process.exitCode).toBeNull();
    expect(server.child.process.signalCode).toBeNull();
  } finally {
    await server.child.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
