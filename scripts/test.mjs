import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages, requireNode } from "./setup/packages.mjs";
import { run } from "./setup/run.mjs";
import { ensureSystem } from "./setup/system.mjs";

/** `npm test`: installs what is missing, then runs every check. Only built-ins here: nothing is installed yet. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
requireNode();
ensurePackages(root);
const { chromium, leftOut } = ensureSystem({ chromium: true, bubblewrap: true });
process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/test/main.ts", ...process.argv.slice(2)], {
  cwd: root,
  env: {
    ...process.env,
    ...(chromium === null ? {} : { BULKHEAD_CHROMIUM: chromium }),
    BULKHEAD_LEFT_OUT: JSON.stringify(leftOut),
  },
});
