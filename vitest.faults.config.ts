import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The long fault runs: real processes over real folders, one file after the other. */
export default defineConfig({
  resolve: { alias: { "@/": fileURLToPath(new URL(".", import.meta.url)) } },
  test: {
    include: ["e2e/faults/**/*.fault.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 240_000,
    pool: "forks",
    fileParallelism: false,
    bail: 0,
  },
});
