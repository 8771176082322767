import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { innerFiles } from "@/native/host/confinement/inner-helper";
import { probeFiles } from "@/native/host/confinement/probe-confinement";
import { KNOWN_ENGINES } from "@/native/host/engines/known-engines";
import { writeDeclarations } from "./declarations";
import { licencesOf, packagesOf } from "./third-party";

/** What is bundled as it is imported, and what a thread runs, which is found by its name (`native/node/open-bundle-elsewhere.ts`). */
const ENTRIES = { index: "native/host/library/index.ts", daemon: "native/host/main.ts" };
const WORKER = { "bundle-worker": "native/node/bundle-worker.ts" };

const README = `# bulkhead-host
The Linux runtime of Bulkhead as a library, with its declarations, and as a process: \`npx bulkhead-host --help\`. It brings everything along
but bubblewrap, perl and util-linux, which the machine has; \`install/\` holds a unit of systemd and a profile of AppArmor. The guide is
\`docs/guides/embed.md\` of the project.
`;

/**
 * Builds the host as a package of its own in a folder: the library and its declarations, the process, what programs' engines run,
 * and files that are ready to be installed. Nothing of the console, and no dependency. Raises what bundling raises.
 */
export async function buildPackage(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const metafiles = [
    await bundle(root, folder, ENTRIES, ".js"),
    await bundle(root, folder, WORKER, ".mjs"),
    await copyRuntime(root, folder),
  ];
  writeDeclarations(root, join(folder, "types"));
  cpSync(join(root, "native/host/install"), join(folder, "install"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/bulkhead-host.js"), '#!/usr/bin/env node\nimport "../daemon.js";\n');
  chmodSync(join(folder, "bin/bulkhead-host.js"), 0o755);
  const packages = packagesOf(metafiles.flatMap(({ inputs }) => Object.keys(inputs)));
  writeFileSync(
    join(folder, "third-party.txt"),
    licencesOf(root, [...packages, "@jitl/quickjs-wasmfile-release-sync"]),
  );
  writeFileSync(join(folder, "README.md"), README);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifestOf(root), null, 2)}\n`);
}

async function bundle(
  root: string,
  outdir: string,
  entries: Record<string, string>,
  ending: string,
): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
    ...{ outdir, outExtension: { ".js": ending }, bundle: true, splitting: true, platform: "node", format: "esm" },
    ...{ target: "node20", legalComments: "inline", logLevel: "error", metafile: true, absWorkingDir: root },
    chunkNames: "chunk-[hash]",
    // Asked for beside sources alone (`native/host/build/built-files.ts`).
    external: ["esbuild"],
    // Some of what is bundled was written for another kind of module.
    banner: {
      js: 'import { createRequire as bulkheadRequire } from "node:module"; const require = bulkheadRequire(import.meta.url);',
    },
  });
  return metafile;
}

/** What runs in the place of programs: built where it is not yet, and copied. Its packages are those of the engines' sources. */
async function copyRuntime(root: string, folder: string): Promise<Metafile> {
  const runtime = join(folder, "runtime");
  mkdirSync(runtime);
  const engines = await Promise.all(KNOWN_ENGINES.map(async (engine) => (await engine.command()).files));
  for (const files of [...engines, await probeFiles(), await innerFiles()]) {
    for (const [name, path] of Object.entries(files)) copyFileSync(path, join(runtime, name));
  }
  const { metafile } = await build({
    entryPoints: [join(root, "native/host/engines/script/engine-child.ts")],
    ...{ bundle: true, write: false, outdir: runtime, platform: "node", format: "esm", metafile: true },
    ...{ logLevel: "error", absWorkingDir: root },
  });
  return metafile;
}

function manifestOf(root: string) {
  const { version, license, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return {
    ...{ name: "bulkhead-host", version, license, engines, type: "module" },
    description: "Runs mini-programs confined and under signed policies, in a process of yours or of its own",
    os: ["linux"],
    exports: {
      ".": { types: "./types/library/index.d.ts", default: "./index.js" },
      "./package.json": "./package.json",
    },
    types: "./types/library/index.d.ts",
    bin: { "bulkhead-host": "bin/bulkhead-host.js" },
    peerDependencies: { "@types/node": ">=20" },
    peerDependenciesMeta: { "@types/node": { optional: true } },
    publishConfig: { access: "restricted" },
  };
}
