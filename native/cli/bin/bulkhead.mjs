#!/usr/bin/env node
// Starts the command line from a checkout: bundles native/cli/main.ts where that was not done since the last change.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const target = join(root, "dist/native/cli.mjs");
const sources = ["native/core", "native/cli", "native/host", "native/node", "native/catalog"].map((room) =>
  join(root, room),
);
/** Found at run time instead: a bundler, and engines that bring files of their own. */
const external = ["esbuild", "quickjs-emscripten-core", "@jitl/*"];

try {
  if (lastChange(sources.filter(exists)) > lastChange([target])) await bundle();
  const { main } = await import(pathToFileURL(target).href);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bulkhead: the command line could not be started: ${error?.message ?? error}\n`);
  process.exitCode = 70;
}

async function bundle() {
  const { build } = await import("esbuild");
  const built = await build({
    entryPoints: [join(root, "native/cli/main.ts")],
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external,
    write: false,
    logLevel: "silent",
  });
  const temporary = `${target}.${process.pid}.${Date.now()}.tmp`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    writeFileSync(temporary, built.outputFiles[0].contents);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** When anything below was last changed, in milliseconds; 0 where there is nothing. Tests are no part of the bundle. */
function lastChange(paths) {
  let newest = 0;
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    newest = Math.max(newest, stats.mtimeMs);
    if (!stats.isDirectory()) continue;
    const children = readdirSync(path).filter((name) => !name.endsWith(".test.ts") && name !== "node_modules");
    newest = Math.max(newest, lastChange(children.map((name) => join(path, name))));
  }
  return newest;
}

function exists(path) {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
