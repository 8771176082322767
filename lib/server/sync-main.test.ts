import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresServer } from "@/db/testing/postgres-server";
import { projectRoot } from "./project-root";

const ENTRY = join(projectRoot(), "lib/server/sync-main.ts");
let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-sync-main-"));
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await (await postgresServer()).stop();
});

function start(env: Record<string, string>): ChildProcess {
  const args = ["--import", "tsx", ENTRY, "--port", "0", "--data", dataDir, "--development", "--json"];
  const inherited = { NODE_ENV: "production" as const, PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
  return spawn(process.execPath, args, { cwd: projectRoot(), env: { ...inherited, ...env }, stdio: "pipe" });
}

const exitOf = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("exit", resolve));

function lineWith(child: ChildProcess, event: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line: Record<string, unknown> = text.startsWith("{") ? JSON.parse(text) : {};
      if (line.event === event) resolve(line);
    });
  });
}

describe("the policy service alone", () => {
  it("serves devices from Postgres, and ends in order when told to", async () => {
    const child = start({ DATABASE_URL: await (await postgresServer()).createDatabase() });
    const exited = exitOf(child);
    const { url } = await lineWith(child, "listening");
    const health = await fetch(`${url}/api/health`);
    expect(await health.json()).toMatchObject({ status: "ok", store: "postgres" });
    expect((await fetch(`${url}/api/runtime/v1/platform`)).status).toBe(200);
    expect((await fetch(`${url}/sign-in`)).status).toBe(404);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  it("refuses the embedded store, which has one owner", async () => {
    const child = start({});
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await exitOf(child)).toBe(1);
    expect(said).toContain("DATABASE_URL");
  });

  it("carries no page with it", async () => {
    const root = projectRoot();
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [ENTRY],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      packages: "external",
      alias: { "@": root },
      logLevel: "silent",
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(imports).toContain("postgres");
    expect(imports.filter((path) => path === "react" || path === "next" || path.startsWith("next/"))).toEqual([]);
  });
});
