import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkImports } from "./check-imports";
import { checkKeyPairs } from "./check-key-pairs";
import { checkNewestDocument } from "./check-newest-document";
import { checkSqlNumbers } from "./check-sql-numbers";

/** Static checks of the house: import zones, file names, and paths that documents name. Exit code 1 on any fault. */
const root = process.cwd();
const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString("utf8")
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

const sources = tracked.filter((path) => /\.(ts|tsx)$/.test(path));
const faults = checkImports(root, sources).map(({ file, specifier, why }) => `${file}: imports ${specifier}: ${why}`);

for (const path of sources) {
  const text = readFileSync(join(root, path), "utf8");
  faults.push(...checkSqlNumbers(path, text), ...checkNewestDocument(path, text), ...checkKeyPairs(path, text));
}

const NAMED_BY_FRAMEWORK = /(^|\/)(\[.*\]|\(.*\))/;
for (const path of sources) {
  const name = path.split("/").at(-1) ?? "";
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.tsx?$/.test(name) && !NAMED_BY_FRAMEWORK.test(name)) {
    faults.push(`${path}: file names are kebab-case`);
  }
  if (/(^|\/)(utils|helpers|misc|common|types)(\.tsx?|\/)/.test(path)) {
    faults.push(`${path}: name the idea, not "${/(utils|helpers|misc|common|types)/.exec(path)?.[0]}"`);
  }
}

for (const path of tracked.filter((file) => file.endsWith(".md"))) {
  const text = readFileSync(join(root, path), "utf8");
  for (const [, named] of text.matchAll(
    /`((?:app|components|db|lib|native|e2e|bench|docs|scripts)\/[\w./()[\]-]+)`/g,
  )) {
    if (named !== undefined && !existsSync(join(root, named)))
      faults.push(`${path}: names ${named}, which does not exist`);
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`house: ${sources.length} source files, ${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
