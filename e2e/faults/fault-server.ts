import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Readiness } from "@/lib/contracts/readiness";
import type { CheckName } from "@/lib/domain/readiness-names";
import { startChild } from "../../scripts/client/child";
import type { ConsoleSession } from "../../scripts/client/console-session";
import { SAMPLES } from "../../scripts/demo/samples";
import { bringIn } from "../../scripts/demo/seed";
import { type RunningServer, startServer } from "../fixtures/running-server";

/** The program of these tests. */
export const APP = "example.coin.rush";

/** What a file of tests leaves behind is taken away at its end, last first. */
const cleanUps: (() => void | Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function atEnd(cleanUp: () => void | Promise<void>): void {
  cleanUps.push(cleanUp);
}

/** A folder that is gone after the tests of this file. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-fault-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the data folder of a stopped server: all but its lock, whose socket nobody can copy. */
export function copyOfData(dataDir: string): string {
  const copy = join(freshFolder(), "data");
  cpSync(dataDir, copy, { recursive: true, filter: (path) => path !== join(dataDir, "lock") });
  return copy;
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

export type Faulted = RunningServer & {
  dataDir: string;
  operator: ConsoleSession;
  security: ConsoleSession;
  /** What the start warned of, so far. */
  warnings(): string[];
};

/** Starts a development server over a folder and signs two people in; it is stopped after the tests at the latest. */
export async function startFaulted(dataDir: string, env: Record<string, string> = {}): Promise<Faulted> {
  const server = await startServer({ dataDir, port: await freePort(), env: { ...process.env, ...env } });
  atEnd(() => server.child.stop());
  return {
    ...server,
    dataDir,
    operator: await server.session("operator"),
    security: await server.session("security"),
    warnings: () => server.said.flatMap((line) => (line.event === "warning" ? [String(line.warning)] : [])),
  };
}

/** The same, with one program of which a version is listed. */
export async function startWithProgram(dataDir: string, env: Record<string, string> = {}): Promise<Faulted> {
  const server = await startFaulted(dataDir, env);
  const sample = SAMPLES.find(({ appId }) => appId === APP);
  if (sample === undefined) throw new Error(`the demo has no ${APP}`);
  const sessions = { admin: await server.session("admin"), operator: server.operator, security: server.security };
  await bringIn(sample, { root: process.cwd(), dataDir: freshFolder(), baseUrl: server.url, sessions });
  return server;
}

export async function kill(server: RunningServer): Promise<void> {
  server.child.process.kill("SIGKILL");
  await server.child.ended;
}

/** What a server says of itself: the status that a load balancer sees, and a check by its name. */
export async function readiness({ url }: RunningServer, name: CheckName): Promise<{ status: number; state: string }> {
  const answer = await fetch(`${url}/api/ready?verbose`);
  const { checks } = (await answer.json()) as Readiness;
  return { status: answer.status, state: checks.find((check) => check.name === name)?.state ?? "not checked" };
}

export type RefusedStart = { code: string; message: string; remedy: string };

/** A start that must fail: why, as it tells programs. Raises where the server listens after all. */
export async function refusedStart(
  dataDir: string,
  how: { env?: Record<string, string>; args?: readonly string[]; program?: string } = {},
): Promise<RefusedStart> {
  const { env = {}, args = [], program = process.cwd() } = how;
  // Of an option that is given twice the last one counts.
  const options = ["--port", "0", "--data", dataDir, "--json", ...args];
  const child = startChild(join(program, "dist/server.mjs"), options, {
    cwd: program,
    env: { ...process.env, ...env },
    say: () => undefined,
  });
  atEnd(() => child.stop());
  const outcome = await Promise.race([
    child.waitFor("start_failed"),
    child.waitFor("listening").then(() => {
      throw new Error("the server started");
    }),
  ]);
  await child.ended;
  return outcome as RefusedStart;
}

export type Typed = { code: number; said: string };

/** Types `npm run NAME -- ...` as an operator does, and answers with its exit code and all that it said. */
export async function type(
  name: "keys" | "store",
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Typed> {
  const child = spawn("npm", ["run", "--silent", name, "--", ...args], { env: { ...process.env, ...env } });
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stderr.on("data", (part: Buffer) => parts.push(part));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 128, said: Buffer.concat(parts).toString("utf8") };
}
