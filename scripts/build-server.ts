import { join } from "node:path";
import { build } from "esbuild";

/**
 * Entries of the server and the names under which `npm start` and `npm run start:sync` find them; and their threads, which
 * are found beside them (`lib/server/threads/thread-script.ts`, `native/node/open-bundle-elsewhere.ts`,
 * `db/worker/worker-script.ts`).
 */
const ENTRIES = {
  server: "lib/server/main.ts",
  sync: "lib/server/sync-main.ts",
  "console-thread": "lib/server/console-thread.ts",
  "ingest-thread": "lib/server/threads/ingest-thread.ts",
  "bundle-worker": "native/node/bundle-worker.ts",
  "store-worker": "db/worker/store-worker.ts",
};

/** Bundles the server's entries into `dist/`; packages stay outside, so that each is one copy with Next's. */
export async function buildServer(root: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(root, file)])),
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    alias: { "@": root },
    sourcemap: true,
    logLevel: "warning",
  });
}

if (process.argv[1]?.endsWith("build-server.ts") === true) await buildServer(process.cwd());
