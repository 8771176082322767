import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** What is shown to a sandboxed child: one file of script and, for the engine, its WebAssembly beside it. */
export type EngineFiles = { script: string; wasm: string; probe: string };

const SOURCES = { "engine-script": "engines/script/engine-child.ts", "engine-probe": "confinement/probe-child.ts" };
const WATCHED_FOLDERS = ["engines", "bridge", "confinement"];

/** The project's folder, found from here or from a bundle of this file: the first one up that has `native/host`. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "native", "host", SOURCES["engine-script"]))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the engine's sources were not found");
    folder = parent;
  }
  return folder;
}

function newestChangeMs(folder: string): number {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestChangeMs(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function isCurrent(files: EngineFiles, newestMs: number): boolean {
  return Object.values(files).every((path) => existsSync(path) && statSync(path).mtimeMs >= newestMs);
}

/** Whole or not at all: another process may be starting from the same folder. */
function replace(path: string, write: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}.tmp`;
  write(temporary);
  renameSync(temporary, path);
}

async function bundle(source: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  await build({
    entryPoints: [source],
    outfile: temporary,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    minify: true,
    legalComments: "inline",
    logLevel: "error",
  });
  renameSync(temporary, target);
}

let built: Promise<EngineFiles> | undefined;

async function buildOnce(): Promise<EngineFiles> {
  const project = projectFolder();
  const host = join(project, "native", "host");
  const output = join(project, "dist", "native");
  const files: EngineFiles = {
    script: join(output, "engine-script.mjs"),
    wasm: join(output, "engine-script.wasm"),
    probe: join(output, "engine-probe.mjs"),
  };
  const require = createRequire(join(host, "ports.ts"));
  const wasm = require.resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
  const newestMs = Math.max(...WATCHED_FOLDERS.map((name) => newestChangeMs(join(host, name))));
  if (isCurrent(files, newestMs)) return files;
  mkdirSync(output, { recursive: true });
  replace(files.wasm, (temporary) => copyFileSync(wasm, temporary));
  await bundle(join(host, SOURCES["engine-probe"]), files.probe);
  await bundle(join(host, SOURCES["engine-script"]), files.script);
  return files;
}

/** The engine's files as they were built: where they are missing or older than their sources, once a process. */
export function builtEngine(): Promise<EngineFiles> {
  built ??= buildOnce();
  return built;
}
