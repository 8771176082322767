import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages, requireNode } from "./setup/packages.mjs";
import { run } from "./setup/run.mjs";

/**
 * `npm start`: the production console; `npm run start:sync`: the policy service alone, which has no pages to build.
 * Installs packages and builds where that is due; options go to the server.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [, , ...given] = process.argv;
const isSync = given[0] === "sync";
requireNode();
ensurePackages(root);
const build = isSync ? "scripts/build-server.ts" : "scripts/build.ts";
const built = await run(process.execPath, ["--import", "tsx", build], { cwd: root });
const [entry, options] = isSync ? ["dist/sync.mjs", given.slice(1)] : ["dist/server.mjs", given];
process.exitCode = built === 0 ? await run(process.execPath, [entry, ...options], { cwd: root }) : built;
