import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "@/db/schema";
import { postgresServer } from "@/db/testing/postgres-server";
import { findAccessKey } from "@/lib/sync/runtime/access-secret";
import { makeAccessToken } from "@/lib/sync/runtime/access-token";
import { createDeviceKey } from "@/lib/sync/testing/device-key";
import { openProcess } from "./open-process";
import { projectRoot } from "./project-root";
import { readServerOptions } from "./server-options";

const ENTRY = join(projectRoot(), "lib/server/sync-main.ts");
let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "bulkhead-sync-main-"));
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string>): ChildProcess {
  const args = ["--import", "tsx", ENTRY, "--port", "0", "--data", join(dataDir, "lean"), "--development", "--json"];
  const inherited = { NODE_ENV: "production" as const, PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
  return spawn(process.execPath, args, { cwd: projectRoot(), env: { ...inherited, ...env }, stdio: "pipe" });
}

/** The process that signs, as `npm start` opens it. */
async function openSigner(url: string, data: string) {
  const parsed = readServerOptions(["--data", data, "--development"], { DATABASE_URL: url });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return openProcess(parsed.options, "http://localhost:3000");
}

const exitOf = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("exit", resolve));

function lineWith(child: ChildProcess, event: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`ended with ${code}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line: Record<string, unknown> = text.startsWith("{") ? JSON.parse(text) : {};
      if (line.event === event) resolve(line);
    });
  });
}

describe("the policy service alone", () => {
  it("waits for the process that signs, then serves devices without passphrase and key folder", async () => {
    const url = await (await postgresServer()).createDatabase();
    const child = start({ DATABASE_URL: url, BULKHEAD_ACCESS_SECRET_FILE: join(dataDir, "keys/access.key") });
    const exited = exitOf(child);
    const listening = lineWith(child, "listening");
    await lineWith(child, "waiting");
    const signer = await openSigner(url, dataDir);
    const lean = await listening;
    expect(await (await fetch(`${lean.url}/api/health`)).json()).toMatchObject({ status: "ok", store: "postgres" });
    expect((await fetch(`${lean.url}/api/runtime/v1/platform`)).status).toBe(200);
    expect((await fetch(`${lean.url}/sign-in`)).status).toBe(404);
    expect(existsSync(join(dataDir, "lean"))).toBe(false);
    const accessKey = await findAccessKey(join(dataDir, "keys"), {});
    const { jwk, thumbprint } = createDeviceKey();
    const device = { id: "dev_lean", name: "lean", publicJwk: jwk, thumbprint, runtimeKind: "linux", discarded: {} };
    await signer.context.store.transaction(async ({ db }) => {
      await db.insert(devices).values({
        ...device,
        runtimeVersion: "0.1.0",
        runtimeLayers: [],
        enrolledAt: new Date("2026-03-01T00:00:00Z"),
      });
    });
    // Only where the seal is right is a token called expired.
    const token = makeAccessToken(accessKey ?? Buffer.alloc(0), "dev_lean", 1);
    const request = { headers: { authorization: `Bearer ${token}` } };
    const answer = await fetch(`${lean.url}/api/runtime/v1/programs/com.example.a`, request);
    expect(await answer.json()).toMatchObject({ error: { code: "token_expired" } });
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    await signer.close();
  });

  it("refuses to start without the access secret, and says where it is", async () => {
    const url = await (await postgresServer()).createDatabase();
    const signer = await openSigner(url, join(dataDir, "second"));
    const child = start({ DATABASE_URL: url });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const failed = lineWith(child, "start_failed");
    expect(await exitOf(child)).toBe(1);
    expect(await failed).toMatchObject({ code: "unavailable", remedy: expect.stringContaining("keys/access.key") });
    expect(said).toContain("BULKHEAD_ACCESS_SECRET_FILE");
    expect(existsSync(join(dataDir, "lean"))).toBe(false);
    await signer.close();
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

  it("carries neither pages nor what opens keys and signs with them", async () => {
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
    expect(imports).toContain("pg");
    const own = Object.keys(metafile.inputs).filter((path) => path.startsWith("lib/"));
    expect(own).toContain("lib/sync/runtime/runtime-api.ts");
    const signing =
      /^lib\/sync\/(keys\/(?!thumbprint)|publish-documents|resign-documents|documents\/issue-|keyset\/(?!current))/;
    expect(own.filter((path) => signing.test(path))).toEqual([]);
    expect(imports.filter((path) => path === "react" || path === "next" || path.startsWith("next/"))).toEqual([]);
  });
});
