import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Where declarations may come from: what an embedder sees speaks of nothing but itself. */
const PUBLIC = ["native/host/api/", "native/host/library/"];
const ENTRY = "native/host/library/index";
const SPECIFIER = /(from |import\()"([^"]+)"/g;

/**
 * Writes the declarations of the library's public entry, and of what they speak of, below `target`. Throws where one reaches
 * out of the public rooms, or into a package: whoever compiles against them has neither.
 */
export function writeDeclarations(root: string, target: string): void {
  const emitted = join(target, ".emitted");
  emit(root, emitted);
  const pending = [ENTRY];
  const seen = new Set(pending);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const text = readFileSync(join(emitted, `${name}.d.ts`), "utf8");
    const from = name;
    const rewritten = text.replace(SPECIFIER, (_whole, before: string, specifier: string) => {
      const found = relative(emitted, resolve(emitted, dirname(from), specifier));
      if (!specifier.startsWith(".") || !PUBLIC.some((room) => found.startsWith(room)))
        throw new Error(`${from}.ts declares what comes from ${specifier}: the package cannot say that`);
      if (!seen.has(found)) {
        seen.add(found);
        pending.push(found);
      }
      return `${before}"${specifier}.js"`;
    });
    const file = join(target, `${relative("native/host", name)}.d.ts`);
    mkdirSync(dirname(file), { recursive: true });
    // Signals of calls that are called off are Node's.
    const reference = name === ENTRY ? '/// <reference types="node" />\n' : "";
    writeFileSync(file, reference + rewritten);
  }
  rmSync(emitted, { recursive: true, force: true });
}

function emit(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false, plugins: [] },
    ...{ rootDir: root, outDir: folder, types: ["node"], typeRoots: [join(root, "node_modules", "@types")] },
  };
  const files = [join(root, `${ENTRY}.ts`)];
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [], exclude: [] }),
  );
  const ran = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", config], { cwd: root, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`the declarations were not made\n${ran.stdout}${ran.stderr}`);
}
