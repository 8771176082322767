import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the vectors that lie here are those that their cases make", () => {
  const generator = fileURLToPath(new URL("generate.ts", import.meta.url));
  const checked = spawnSync(process.execPath, ["--import", "tsx", generator, "--check"], { encoding: "utf8" });
  expect({ status: checked.status, stderr: checked.stderr }).toEqual({ status: 0, stderr: "" });
});
