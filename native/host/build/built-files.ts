import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What a child runs, by the name that it has among the built files. */
export type BuildWish = {
  /** Scripts, by name: the source below `native/host`. */
  scripts?: Readonly<Record<string, string>>;
  /** Files that are taken as they are, by name: one below `native/host`, or what finds an absolute path once it is needed. */
  copies?: Readonly<Record<string, string | (() => string)>>;
  /** Folders below `native/host` out of which the scripts are made. */
  watched: readonly string[];
};

/** Where a packed host (`scripts/package`) has what was built with it. Beside sources, and beside the project's own bundles, there is none. */
const PACKED = fileURLToPath(new URL("runtime", import.meta.url));
const isPacked = existsSync(PACKED);

/** The project's folder, found from here or from a bundle of this file: the first one up that has `native/host`. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "native", "host", "ports.ts"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the host's sources were not found");
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

function isCurrent(paths: readonly string[], newestMs: number): boolean {
  return paths.every((path) => existsSync(path) && statSync(path).mtimeMs >= newestMs);
}

/** Whole or not at all: another process may be starting from the same folder. */
function copyWhole(source: string, target: string): void {
  const temporary = `${target}.${process.pid}.tmp`;
  copyFileSync(source, temporary);
  renameSync(temporary, target);
}

async function bundle(source: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  const { build } = await import("esbuild");
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

/** Where files lie that are ready to be installed on a machine: a profile, a unit. */
export function installFolder(): string {
  return isPacked ? join(PACKED, "..", "install") : join(projectFolder(), "native", "host", "install");
}

/** Paths of these files as they were built, by name; made anew where one is missing or older than its sources. */
export async function builtFiles(wish: BuildWish): Promise<Readonly<Record<string, string>>> {
  if (isPacked) return packedFiles(wish);
  const project = projectFolder();
  const host = join(project, "native", "host");
  const output = join(project, "dist", "native");
  const { scripts = {}, copies = {} } = wish;
  const files = Object.fromEntries(
    [...Object.keys(scripts), ...Object.keys(copies)].map((name) => [name, join(output, name)]),
  );
  const newestMs = Math.max(...wish.watched.map((name) => newestChangeMs(join(host, name))));
  if (isCurrent(Object.values(files), newestMs)) return files;
  mkdirSync(output, { recursive: true });
  for (const [name, source] of Object.entries(copies)) {
    copyWhole(typeof source === "string" ? resolve(host, source) : source(), join(output, name));
  }
  for (const [name, source] of Object.entries(scripts)) await bundle(join(host, source), join(output, name));
  return files;
}

function packedFiles({ scripts = {}, copies = {} }: BuildWish): Readonly<Record<string, string>> {
  const names = [...Object.keys(scripts), ...Object.keys(copies)];
  const missing = names.filter((name) => !existsSync(join(PACKED, name)));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(", ")}`);
  return Object.fromEntries(names.map((name) => [name, join(PACKED, name)]));
}
