import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkClosedLists } from "./check-closed-lists";
import { checkCoreText } from "./check-core-text";
import { checkImports } from "./check-imports";
import { checkKeyPairs } from "./check-key-pairs";
import { checkLockfile } from "./check-lockfile";
import { checkNewestDocument } from "./check-newest-document";
import { checkRefusals } from "./check-refusals";
import { checkSockets } from "./check-sockets";
import { checkSqlNumbers } from "./check-sql-numbers";
import { describeRules, withRules } from "./describe-rules";

/**
 * Static checks of the house: import zones, sockets, file names, the lockfile, and paths that documents name. Exit code 1
 * on any fault.
 * With `--write` the rules in docs/architecture.md are made anew.
 */
const root = process.cwd();
const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString("utf8")
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

const sources = tracked
  .filter((path) => /\.(ts|tsx)$/.test(path))
  .map((file) => ({ file, source: readFileSync(join(root, file), "utf8") }));
const faults = [
  ...checkImports(sources).map(({ file, specifier, why }) => `${file}: imports ${specifier}: ${why}`),
  ...checkSockets(sources),
  ...checkClosedLists(sources),
  ...checkLockfile(readJson("package-lock.json"), readJson("package.json")),
];

for (const { file, source } of sources) {
  faults.push(...checkSqlNumbers(file, source), ...checkNewestDocument(file, source), ...checkKeyPairs(file, source));
  faults.push(...checkCoreText(file, source), ...checkRefusals(file, source));
}

const ARCHITECTURE = join(root, "docs/architecture.md");
const described = withRules(readFileSync(ARCHITECTURE, "utf8"), describeRules());
if (described === null) faults.push("docs/architecture.md: the marks around the rules are gone");
else if (process.argv.includes("--write")) writeFileSync(ARCHITECTURE, described);
else if (described !== readFileSync(ARCHITECTURE, "utf8")) {
  faults.push("docs/architecture.md: says other rules than scripts/house: npx tsx scripts/house/check.ts --write");
}

const NAMED_BY_FRAMEWORK = /(^|\/)(\[.*\]|\(.*\))/;
for (const { file: path } of sources) {
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
