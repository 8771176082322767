import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LeftOut, leftOutAtStart, tellLeftOut } from "../setup/left-out";
import { runLines } from "./failures";

/**
 * Every check of the project, in the order in which a fault is cheapest to find. Each step is a command of its own;
 * what could not run is said and counted, never passed over, and what failed is named once more at the end. Exit code 0
 * only if nothing failed.
 */
type Step = {
  name: string;
  group: "static" | "unit" | "fuzz" | "folders" | "store" | "e2e" | "system" | "loop" | "build" | "faults";
  command: string;
  args: string[];
  env?: Record<string, string>;
  needs?: () => LeftOut | null;
};

const bin = (name: string) => `node_modules/.bin/${name}`;
const VITEST = bin("vitest");
const atStart = leftOutAtStart(process.env);
const NO_BROWSER: LeftOut = {
  missing: "no Chrome or Chromium",
  leftOut: "the browser's tests, the loop test among them",
  remedy: "name one in BULKHEAD_CHROMIUM, as npm test does by itself",
};
const needsBrowser = () =>
  process.env.BULKHEAD_CHROMIUM === undefined
    ? (atStart.find(({ missing }) => missing === NO_BROWSER.missing) ?? NO_BROWSER)
    : null;
const needsPython = () =>
  spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status === 0
    ? null
    : {
        missing: "no Python 3.11 or newer",
        leftOut: "the second opinion on the core",
        remedy: "apt-get install python3, or your system's own package",
      };
/** Asked of the core and of the second opinion: every vector, then cases of a new seed. */
const fuzz = (cases: number) => ({
  command: bin("tsx"),
  args: ["native/vectors/fuzz/main.ts", "--cases", String(cases)],
  needs: needsPython,
});

const STEPS: Step[] = [
  { name: "format and lint", group: "static", command: bin("biome"), args: ["ci", "--error-on-warnings", "."] },
  { name: "import zones, names, paths", group: "static", command: bin("tsx"), args: ["scripts/house/check.ts"] },
  {
    name: "documents that are made from the code",
    group: "static",
    command: bin("tsx"),
    args: ["scripts/docs/write.ts", "--check"],
  },
  { name: "route types", group: "static", command: bin("next"), args: ["typegen"] },
  { name: "types", group: "static", command: bin("tsc"), args: ["-p", "tsconfig.json", "--noEmit"] },
  { name: "dead code", group: "static", command: bin("knip"), args: ["--no-progress"] },
  { name: "unit and service tests", group: "unit", command: VITEST, args: ["run", "--project", "unit"] },
  { name: "a second opinion on the core", group: "fuzz", ...fuzz(2_000) },
  {
    name: "data folders and backups",
    group: "folders",
    command: VITEST,
    args: ["run", "--project", "folders"],
  },
  {
    name: "store, audit, sync and services on Postgres",
    group: "store",
    command: VITEST,
    // The embedded store's own files, lock and journal are not Postgres's to test.
    args: [
      "run",
      "--project",
      "unit",
      "db/store.test.ts",
      "db/migrations.test.ts",
      "db/postgres",
      "lib/audit/audit.test.ts",
      "lib/auth",
      "lib/services",
      "lib/server/hostile-device.test.ts",
      "lib/sync",
    ],
    env: { BULKHEAD_TEST_STORE: "postgres" },
  },
  { name: "build", group: "e2e", command: bin("tsx"), args: ["scripts/build.ts"] },
  {
    name: "end to end, with the loop test",
    group: "e2e",
    command: bin("playwright"),
    args: ["test"],
    needs: needsBrowser,
  },
];

/** Minutes of rules asked over the server's doors: what decides them is no version's of Node. */
const RULES_ALONE = ["takes-two.test.ts", "hostile-device.test.ts"];
const serverSuites = () =>
  readdirSync("lib/server", { recursive: true, encoding: "utf8" })
    .filter((file) => /\.test\.ts$/.test(file) && !RULES_ALONE.includes(file))
    .map((file) => `lib/server/${file}`);

/** Parts of the steps, for running them alone: the unit suites that a version of Node can change, and the loop. */
const SYSTEM: Step = {
  name: "unit tests of what stands on Node: runtime, core, store, server, keys, sign-in",
  group: "system",
  command: VITEST,
  // What is left out asks the store, which is among these, or nothing of the system; all of it runs under the older Node.
  args: [
    ...["run", "--project", "unit", "native/", "db/", "scripts/"],
    ...["audit", "auth", "http", "platform"].map((room) => `lib/${room}/`),
    ...serverSuites(),
    ...["ceremony", "heads", "keys", "keyset", "runtime", "trust"].map((room) => `lib/sync/${room}/`),
  ],
};
const LOOP: Step = {
  name: "the loop test",
  group: "loop",
  command: bin("playwright"),
  args: ["test", "e2e/journeys/loop"],
  needs: needsBrowser,
};

/** What needs minutes and has a command of its own; what it drives is built first. */
const LONG: Step[] = [
  { name: "build", group: "build", command: bin("tsx"), args: ["scripts/build.ts"] },
  { name: "a second opinion on the core, at length", group: "faults", ...fuzz(200_000) },
  { name: "faults", group: "faults", command: VITEST, args: ["run", "--config", "vitest.faults.config.ts"] },
];

const { values } = parseArgs({ options: { only: { type: "string" } } });
const groups = values.only?.split(",");

const reports = mkdtempSync(join(tmpdir(), "bulkhead-test-"));
const reportOf = (step: Step) => join(reports, `${step.group}.json`);
const toldOf = (step: Step) => join(reports, `${step.group}.txt`);

function runStep(step: Step): Promise<number> {
  const { command } = step;
  const reporters =
    command === VITEST
      ? [
          ...["default", "./scripts/test/hung-files-reporter.ts", "json"].map((name) => `--reporter=${name}`),
          `--outputFile.json=${reportOf(step)}`,
        ]
      : [];
  return new Promise((resolve) => {
    const child = spawn(command, [...step.args, ...reporters], {
      stdio: "inherit",
      env: { ...process.env, BULKHEAD_TEST_TOLD: toldOf(step), ...step.env },
    });
    const stop = () => child.kill("SIGTERM");
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    child.on("error", () => resolve(127));
    child.on("exit", (code) => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      resolve(code ?? 130);
    });
  });
}

process.stdout.write(`Node ${process.version}\n`);
const expected = process.env.BULKHEAD_EXPECT_NODE;
if (expected !== undefined && process.versions.node.split(".")[0] !== expected) {
  process.stderr.write(`Expected Node ${expected}.\n`);
  process.exit(1);
}
const failed: Step[] = [];
const skipped: string[] = [];
const leftOut = new Map(atStart.map((item) => [item.missing, item]));
let passed = 0;
const steps =
  groups === undefined ? STEPS : [...STEPS, SYSTEM, LOOP, ...LONG].filter((step) => groups.includes(step.group));
for (const step of steps) {
  const missing = step.needs?.() ?? null;
  if (missing !== null || !existsSync(step.command)) {
    skipped.push(`${step.name}: ${missing?.missing ?? `${step.command} is not installed`}`);
    if (missing !== null) leftOut.set(missing.missing, missing);
    continue;
  }
  process.stdout.write(`\n── ${step.name}\n`);
  const started = Date.now();
  const code = await runStep(step);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`── ${step.name}: ${code === 0 ? "passed" : `failed (${code})`} in ${seconds} s\n`);
  if (code === 0) passed += 1;
  else failed.push(step);
  if (code === 130) break;
}

process.stdout.write("\n");
for (const text of skipped) process.stdout.write(`skipped: ${text}\n`);
for (const step of failed) {
  process.stdout.write(`failed: ${step.name}\n`);
  if (step.command !== VITEST) continue;
  for (const line of runLines(reportOf(step), toldOf(step), process.cwd())) process.stdout.write(`${line}\n`);
}
rmSync(reports, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`);
if (leftOut.size > 0) process.stdout.write(`\n${tellLeftOut([...leftOut.values()])}`);
process.exitCode = failed.length === 0 ? 0 : 1;
