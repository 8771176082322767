import { existsSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeHistory } from "./make-history";

/**
 * `--data DIR --keys DIR`: makes a store with a past of two weeks, which is there whole or not at all. Its own process: the
 * store that it leaves is opened by the server as any other.
 */
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    keys: { type: "string" },
    platform: { type: "string", default: "harbor" },
    name: { type: "string", default: "Harbor" },
  },
});
if (values.data === undefined || values.keys === undefined) throw new Error("--data and --keys name folders");
const dataDir = resolve(values.data);
if (existsSync(dataDir)) throw new Error(`${dataDir} is there already: a past is made once, for a new store`);
const unfinished = `${dataDir}.unfinished`;
rmSync(unfinished, { recursive: true, force: true });
const from = performance.now();
const made = await makeHistory({
  dataDir: unfinished,
  keysDir: resolve(values.keys),
  platformId: values.platform,
  platformName: values.name,
  untilMs: Date.now(),
  say: (text) => process.stdout.write(`${JSON.stringify({ event: "past", text })}\n`),
});
renameSync(unfinished, dataDir);
process.stdout.write(
  `${JSON.stringify({ event: "made", ...made, seconds: Math.round((performance.now() - from) / 1000) })}\n`,
);
