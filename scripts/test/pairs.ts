import { spawn } from "node:child_process";

/**
 * `npm run test:pairs -- N`: the properties of narrowing (spec §6) over N random pairs of policies each, and those that
 * ask much more of each over a tenth of it, a part at a time, so that a fault is told before the end. Says of how many
 * something was proven: of the others the properties say nothing. Exit code 0 only if none failed.
 */
const PART = 2000;
const FILES = ["lib/domain/narrowing/find-widenings.property.test.ts", "lib/services/change-sets/kept-effect.test.ts"];

const [asked = ""] = process.argv.slice(2);
const count = Number(asked);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write("usage: npm run test:pairs -- N\n");
  process.exit(1);
}

/** By property: of how many pairs something was proven. */
const sums = new Map<string, { proven: number; of: number }>();

function runPart(pairs: number): Promise<number> {
  return new Promise((resolve) => {
    const args = [
      "run",
      "--project=unit",
      "--reporter=default",
      "--disable-console-intercept",
      "--testTimeout=100000000",
      ...FILES,
    ];
    const env = { ...process.env, BULKHEAD_PAIRS: String(pairs) };
    const child = spawn("node_modules/.bin/vitest", args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.on("error", () => resolve(127));
    child.on("close", (code) => {
      for (const [, title = "", proven, of] of said.matchAll(/^pairs: (.+): (\d+) of (\d+)$/gm)) {
        const sum = sums.get(title) ?? { proven: 0, of: 0 };
        sums.set(title, { proven: sum.proven + Number(proven), of: sum.of + Number(of) });
      }
      // What failed, with its smallest example.
      if (code !== 0) process.stdout.write(said);
      resolve(code ?? 130);
    });
  });
}

const startedAt = Date.now();
const drawn = () => Math.max(0, ...[...sums.values()].map(({ of }) => of));
let failures = 0;
// A part that drew nothing did not run, which a busy machine does to one now and then.
for (let idle = 0; drawn() < count && idle < 3; ) {
  const before = drawn();
  if ((await runPart(Math.min(PART, count - before))) !== 0) failures += 1;
  idle = drawn() === before ? idle + 1 : 0;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const proven = [...sums].map(([title, sum]) => `${title} ${sum.proven} of ${sum.of}`).join(", ");
  process.stdout.write(`${drawn()} of ${count} pairs in ${seconds} s, ${failures} parts failed; proven: ${proven}\n`);
}
process.exitCode = failures === 0 && drawn() >= count ? 0 : 1;
