import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshFolder, startWithProgram } from "./fault-server";

test("whatever the umask and however open the folder was, nothing in it is anybody's but its owner's", async () => {
  const dataDir = join(freshFolder(), "data");
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o777);
  const umask = process.umask(0);
  const server = await startWithProgram(dataDir).finally(() => process.umask(umask));
  expect(server.warnings().join()).toContain(`${dataDir} was open to others (mode 0777)`);
  const below = (readdirSync(dataDir, { recursive: true }) as string[]).map((name) => join(dataDir, name));
  expect(below.filter((path) => path.endsWith(".sock"))).toHaveLength(1);
  expect([dataDir, ...below].filter((path) => (lstatSync(path).mode & 0o077) !== 0)).toEqual([]);
});
