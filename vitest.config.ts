import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  resolve: { alias: { "@/": root } },
  test: {
    include: ["{lib,db,native,components,app,scripts,bench}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", ".next/**", "**/*.folder.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    reporters: ["default", "./scripts/test/hung-files-reporter.ts"],
    maxWorkers: 2,
  },
});
