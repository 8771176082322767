import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeHistory } from "./make-history";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    keys: { type: "string" },
    platform: { type: "string", default: "harbor" },
    name: { type: "string", default: "Harbor" },
    days: { type: "string", default: "14" },
  },
});
if (values.data === undefined || values.keys === undefined) throw new Error("--data and --keys");
const from = performance.now();
const made = await makeHistory({
  dataDir: resolve(values.data),
  keysDir: resolve(values.keys),
  platformId: values.platform,
  platformName: values.name,
  untilMs: Date.now(),
  days: Number(values.days),
  say: (text) => process.stdout.write(`${text}\n`),
});
process.stdout.write(`${JSON.stringify({ ...made, seconds: Math.round((performance.now() - from) / 1000) })}\n`);
