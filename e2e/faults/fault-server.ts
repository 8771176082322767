import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { PublisherView } from "@/lib/contracts/publishers";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { type RunningServer, startServer } from "../fixtures/running-server";

export const APP = "com.example.fault";

/** A folder for one test, gone after it. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-fault-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export type Faulted = RunningServer & { dataDir: string; operator: ConsoleSession; security: ConsoleSession };

/** Starts a development server over a folder and signs two people in; it is stopped after the test at the latest. */
export async function startFaulted(dataDir: string, env: Record<string, string> = {}): Promise<Faulted> {
  const server = await startServer({ dataDir, port: await freePort(), env: { ...process.env, ...env } });
  onTestFinished(() => server.child.stop());
  return { ...server, dataDir, operator: await server.session("operator"), security: await server.session("security") };
}

/** The same, with one registered program. */
export async function startWithProgram(dataDir: string): Promise<Faulted> {
  const server = await startFaulted(dataDir);
  const publisher = await server.operator.post<PublisherView>("publishers", { name: "Fault" });
  await server.operator.post("programs", { appId: APP, name: "Fault", publisherId: publisher.id });
  return server;
}

export async function kill(server: RunningServer): Promise<void> {
  server.child.process.kill("SIGKILL");
  await server.child.ended;
}
