import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeHistory } from "./make-history";
import { makeWhole } from "./whole-folder";

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
const { data, keys, platform: platformId, name: platformName } = values;
if (data === undefined || keys === undefined) throw new Error("--data and --keys name folders");
const tell = (line: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(line)}\n`);
// Whoever asked for it went away: what nobody waits for is left half, and thrown away by the next start.
process.stdout.on("error", () => process.exit(1));
const from = performance.now();
const { decisions, told } = await makeWhole(resolve(data), (dataDir) =>
  makeHistory({
    ...{ dataDir, keysDir: resolve(keys), platformId, platformName, untilMs: Date.now() },
    say: (text) => tell({ event: "past", text }),
  }),
);
tell({ event: "made", deviceMinutes: told.length, decisions, seconds: Math.round((performance.now() - from) / 1000) });
