import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedDocs, strayDocs } from "./generated-docs";

/** Writes the documents that are made from the code; with `--check` it only compares, and exits with 1 on any difference. */
const root = process.cwd();
const made = generatedDocs(root);
const faults: string[] = [];
for (const [path, text] of made) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (process.argv.includes("--check")) {
    faults.push(`${path}: is not what the code says: npx tsx scripts/docs/write.ts`);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
for (const path of strayDocs(root, made)) {
  if (process.argv.includes("--check")) faults.push(`${path}: nothing makes it any more`);
  else rmSync(join(root, path));
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`documents: ${made.size} made from the code, ${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
