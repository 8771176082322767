import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { invariant } from "@/lib/platform/errors";

const SOURCE = join("db", "worker", "store-worker.ts");
let made: Promise<URL> | undefined;

/**
 * The script of the store's thread, as `scripts/build-server.ts` puts it beside the server; elsewhere it is made of its
 * sources, once a process, below the project's folder, where it finds packages and migrations.
 */
export function workerScript(): Promise<URL> {
  const file = new URL("./store-worker.mjs", import.meta.url);
  if (existsSync(file)) return Promise.resolve(file);
  made ??= makeScript();
  return made;
}

function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, SOURCE))) {
    const parent = dirname(folder);
    invariant(parent !== folder, "the source of the store's thread was not found above the program");
    folder = parent;
  }
  return folder;
}

async function makeScript(): Promise<URL> {
  const { build } = await import("esbuild");
  const project = projectFolder();
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: [join(project, SOURCE)],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    alias: { "@": project },
    write: false,
    logLevel: "error",
  });
  const text = outputFiles[0]?.text ?? "";
  const folder = join(project, ".cache", "store-worker");
  const file = join(folder, `${createHash("sha256").update(text).digest("hex").slice(0, 16)}.mjs`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    // Written aside and renamed: several processes may make it at once.
    const aside = `${file}.${process.pid}`;
    await writeFile(aside, text);
    await rename(aside, file);
  }
  return pathToFileURL(file);
}
