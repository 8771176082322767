import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildServer } from "./build-server";
import { packFiles } from "./pack-files";

/** Sources of the pages: when none of them changed, Next's last build still holds. */
const PAGE_SOURCES = ["app", "components", "db", "lib", "native/core", "native/catalog", "public"];
const PAGE_FILES = ["next.config.ts", "package-lock.json", "postcss.config.mjs", "proxy.ts", "tsconfig.json"];

function listFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprint(root: string): string {
  const hash = createHash("sha256");
  const files = [
    ...PAGE_FILES.map((name) => join(root, name)),
    ...PAGE_SOURCES.flatMap((folder) => (existsSync(join(root, folder)) ? listFiles(root, folder) : [])),
  ];
  for (const file of files) {
    if (!existsSync(file)) continue;
    hash.update(file.slice(root.length)).update("\0");
    if (statSync(file).size < 4 * 1024 * 1024) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

function runNext(root: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
    const child = spawn(join(root, "node_modules/.bin/next"), ["build"], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the pages could not be built\n${Buffer.concat(output).toString("utf8")}`));
    });
  });
}

/** A program as one file in `dist/`. */
async function bundleProgram(root: string, entry: string, file: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(root, "dist", file),
    alias: { "@": root },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
  });
}

/** The server's bundles and the host's, which is one file for whoever starts it as a process: seconds, whatever changed. */
export async function buildPrograms(root: string): Promise<void> {
  await buildServer(root);
  await bundleProgram(root, "native/host/main.ts", "native/host.mjs");
}

/** What makes the demo's past. Raises what bundling raises. */
export const buildPast = (root: string): Promise<void> =>
  bundleProgram(root, "scripts/demo/history/main.ts", "demo-past.mjs");

/** Builds the programs and, where a source changed, the pages. `say` hears of long work. */
export async function buildAll(root: string, say: (text: string) => void): Promise<void> {
  await buildPrograms(root);
  await buildPages(root, say);
}

/** Builds the pages where a source of them changed. `say` hears of it; `signal` ends it, and it raises then. */
export async function buildPages(root: string, say: (text: string) => void, signal?: AbortSignal): Promise<void> {
  const stamp = join(root, ".next", "bulkhead-build");
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("Pages: building …");
  const started = Date.now();
  await runNext(root, signal);
  await packFiles(join(root, ".next", "static"));
  mkdirSync(join(root, ".next"), { recursive: true });
  writeFileSync(stamp, wanted);
  say(`Pages: built in ${Math.round((Date.now() - started) / 1000)} s`);
}

if (process.argv[1]?.endsWith("build.ts") === true) {
  await buildAll(process.cwd(), (text) => process.stdout.write(`${text}\n`));
}
