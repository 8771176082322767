import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BenchResult } from "./bench-report";
import { reportBench } from "./bench-report";

/** `npm run bench -- NAME`: runs one benchmark, or lists them. Each prints a table and ends with one line of JSON. */
const folder = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length))
  .sort();
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- ${names.join(" | ")}\n`);
  process.exitCode = 2;
} else {
  const bench = (await import(`./${name}.bench.ts`)) as { run(args: readonly string[]): Promise<BenchResult> };
  reportBench(await bench.run(args));
}
