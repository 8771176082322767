import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireConfinement } from "@/native/host/confinement/require-confinement";
import { guideBlocks, isShown } from "../docs/guide-blocks";
import { buildPackage } from "./build-package";

const { available } = await requireConfinement("the packed host's guide");
const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "bulkhead-packed-"));
const project = join(folder, "project");
const built = join(folder, "package");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As somebody would at a terminal, with no variable of this process but where programs are; npm without a network. */
function run(command: string, args: readonly string[], cwd: string) {
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "test",
    PATH: process.env.PATH ?? "",
    HOME: folder,
    npm_config_offline: "true",
    npm_config_cache: join(folder, "npm"),
  };
  const { status, stdout, stderr } = spawnSync(command, [...args], { cwd, env, encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

const guide = guideBlocks(readFileSync("docs/guides/embed.md", "utf8"));
const shown = guide.flatMap((block) => (block.kind === "commands" ? block.commands : []));

/** Compiler and Node's types, which a reader has from a registry, and this test from beside it. */
function bringCompiler(): void {
  for (const name of ["typescript", "@typescript", "@types/node", "undici-types"]) {
    cpSync(join(root, "node_modules", name), join(project, "node_modules", name), { recursive: true });
  }
  mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
  rmSync(join(project, "node_modules/.bin/tsc"), { force: true });
  symlinkSync("../typescript/bin/tsc", join(project, "node_modules/.bin/tsc"));
}

beforeAll(async () => {
  await buildPackage(root, built);
  mkdirSync(project);
  for (const block of guide) if (block.kind === "file") writeFileSync(join(project, block.name), block.text);
  const packed = run("npm", ["pack", "--json", "--pack-destination", project], built);
  expect([packed.status, packed.status === 0 ? "packed" : packed.text]).toEqual([0, "packed"]);
});

describe("the host as a package", () => {
  it("holds what programs run in, declarations and licences, and nothing of the console or of tests", () => {
    const files = readdirSync(built, { recursive: true, encoding: "utf8" });
    for (const name of ["confine.pl", "engine-script.mjs", "engine-script.wasm", "engine-probe.mjs", "openssl.cnf"])
      expect(files).toContain(join("runtime", name));
    expect(files).toContain(join("install", "bulkhead.service"));
    expect(files.filter((name) => /test|evil/.test(name))).toEqual([]);
    const scripts = files.filter((name) => /\.m?js$/.test(name)).map((name) => readFileSync(join(built, name), "utf8"));
    for (const text of scripts) expect(/drizzle|pglite|next\/server|\breact\b/.exec(text)).toBeNull();
    const licences = readFileSync(join(built, "third-party.txt"), "utf8");
    for (const name of ["zod", "fflate", "quickjs-emscripten-core", "@jitl/quickjs-wasmfile-release-sync"])
      expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
    const { dependencies, ...manifest } = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
    expect([dependencies, manifest.os]).toEqual([undefined, ["linux"]]);
  });

  it("is installed without a network, compiles strictly and runs as the guide shows", () => {
    const acted: string[] = [];
    for (const { words, answer } of shown) {
      const [command = "", ...args] = words;
      if (args.includes("typescript")) {
        bringCompiler();
        continue;
      }
      if (command === "node" && !available) continue;
      const { status, text } = run(command, args, project);
      expect([
        words.join(" "),
        status,
        isShown(text, answer.trim() === "…" ? text : answer) ? "as shown" : text,
      ]).toEqual([...[words.join(" "), 0, "as shown"]]);
      acted.push(command);
      // npm takes away what its manifest does not name
      if (command === "npm") bringCompiler();
    }
    expect(acted).toEqual(available ? ["npm", "npx", "node"] : ["npm", "npx"]);
  });

  it.each(["nodenext", "bundler"])("has declarations that hold by themselves, found as %s finds them", (resolution) => {
    const config = join(project, "tsconfig.strict.json");
    const module = resolution === "nodenext" ? "nodenext" : "esnext";
    const compilerOptions = {
      ...{ module, moduleResolution: resolution, noEmit: true, target: "es2022", lib: ["es2022"], types: ["node"] },
      ...{ strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["main.ts", "device.ts"] }));
    expect(run("npx", ["tsc", "-p", config], project)).toEqual({ status: 0, text: "" });
  });

  it.each([
    ["a capability provider without its capability", `[{ apis: {} }]`],
    [
      "one whose answer is no object",
      `[{ capability: "location.coarse", apis: { "location.coarse": async () => 7 } }]`,
    ],
  ])("does not compile with %s", (_what, capabilities) => {
    const source = `import { openHost } from "bulkhead-host";\nvoid openHost({ dataDir: "d", capabilities: ${capabilities} });\n`;
    writeFileSync(join(project, "wrong.ts"), source);
    writeFileSync(
      join(project, "tsconfig.wrong.json"),
      JSON.stringify({ extends: "./tsconfig.json", files: ["wrong.ts"] }),
    );
    const { status, text } = run("npx", ["tsc", "-p", "tsconfig.wrong.json", "--noEmit"], project);
    expect([status === 0, text]).toEqual([false, expect.stringMatching(/^wrong\.ts\(2,\d+\): error TS/)]);
    rmSync(join(project, "wrong.ts"));
  });

  it("is a process too", () => {
    const ended = run("npx", ["bulkhead-host", "--data", join(folder, "none"), "--program", "com.example.a"], project);
    expect([ended.status, ended.text]).toEqual([78, expect.stringContaining("not_enrolled")]);
  });
});
