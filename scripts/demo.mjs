import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages, requireNode } from "./setup/packages.mjs";
import { run } from "./setup/run.mjs";
import { ensureSystem } from "./setup/system.mjs";

/** `npm run demo`: installs what is missing, then starts the whole loop. Only built-ins here: nothing is installed yet. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
ensurePackages(root);
const { leftOut } = ensureSystem({ bubblewrap: true });
process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/demo/main.ts", ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, BULKHEAD_LEFT_OUT: JSON.stringify(leftOut) },
});
