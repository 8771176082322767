import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages, requireNode } from "./setup/packages.mjs";
import { run } from "./setup/run.mjs";

/** `npm start`: the production console. Installs packages and builds where that is due; options go to the server. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
ensurePackages(root);
const built = await run(process.execPath, ["--import", "tsx", "scripts/build.ts"], { cwd: root });
process.exitCode =
  built === 0 ? await run(process.execPath, ["dist/server.mjs", ...process.argv.slice(2)], { cwd: root }) : built;
