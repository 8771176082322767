import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));
const ALL = "{lib,db,native,components,app,scripts,bench}/**/*.test.{ts,tsx}";
/** Data folders that are made, broken, upgraded, backed up and restored: minutes of real databases. */
const FOLDERS = "{lib,db,scripts}/**/*.folder.test.ts";
const NEVER = ["**/node_modules/**", ".next/**"];

export default defineConfig({
  resolve: { alias: { "@/": root } },
  test: {
    // Only against what hangs: a test that opens databases and processes has taken 30 s on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    // It imports a module of Next without its ending, which Node alone does not find.
    server: { deps: { inline: ["next-auth"] } },
    reporters: ["default", "./scripts/test/hung-files-reporter.ts"],
    // A worker takes file after file: starting it and loading what they import took longer than most of them. A file ends
    // what it began and takes back what it set.
    isolate: false,
    maxWorkers: 2,
    setupFiles: ["./db/testing/after-file.ts"],
    globalSetup: ["./db/testing/run-postgres.ts"],
    projects: [
      { extends: true, test: { name: "unit", include: [ALL], exclude: [...NEVER, FOLDERS] } },
      { extends: true, test: { name: "folders", include: [FOLDERS], exclude: NEVER, isolate: true } },
    ],
  },
});
