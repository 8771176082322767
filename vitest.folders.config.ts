import { defineConfig } from "vitest/config";
import unit from "./vitest.config";

/** Data folders that are made, broken, upgraded, backed up and restored: minutes of real databases, once in `npm test`. */
export default defineConfig({
  ...unit,
  test: { ...unit.test, include: ["{db,lib}/**/*.folder.test.ts"], exclude: ["**/node_modules/**"] },
});
