import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureLines, failuresOf, readReport } from "./failures";

/**
 * `npm run test:repeat -- N [vitest's filters]`: runs the unit suite N times over, since random values reach places
 * that one green run never does. One line a run, with what failed; exit code 0 only if nothing ever did.
 */
const [times = "", ...filters] = process.argv.slice(2);
const count = Number(times);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write("usage: npm run test:repeat -- N [vitest's filters]\n");
  process.exit(1);
}

let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopped = true;
  });
}

function runOnce(reportFile: string): Promise<number> {
  return new Promise((resolve) => {
    const args = [
      "run",
      "--project=unit",
      "--reporter=json",
      "--reporter=./scripts/test/hung-files-reporter.ts",
      `--outputFile=${reportFile}`,
    ];
    const child = spawn("node_modules/.bin/vitest", [...args, ...filters], { stdio: ["ignore", "ignore", "pipe"] });
    // Where a file hung, or something failed that is no test, it stands there.
    child.stderr.on("data", (chunk) => {
      const told = String(chunk)
        .split("\n")
        .filter((line) => /^(hung|outside of tests): /.test(line));
      for (const line of told) process.stdout.write(`  ${line}\n`);
    });
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 130));
  });
}

const folder = mkdtempSync(join(tmpdir(), "bulkhead-repeat-"));
let bad = 0;
let done = 0;
while (done < count && !stopped) {
  done += 1;
  const file = join(folder, `${done}.json`);
  const started = Date.now();
  const code = await runOnce(file);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const report = readReport(file);
  const said = report === null ? "no result" : `${report.numPassedTests} passed, ${report.numFailedTests} failed`;
  process.stdout.write(`run ${done} of ${count}: ${said} in ${seconds} s${code === 0 ? "" : ` (exit ${code})`}\n`);
  const failures = report === null ? [] : failuresOf(report, process.cwd());
  for (const line of failureLines(failures)) process.stdout.write(`${line}\n`);
  if (code !== 0 || report === null) bad += 1;
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${done - bad} of ${done} runs passed${done < count ? `, stopped before ${count}` : ""}\n`);
process.exitCode = bad === 0 && done === count ? 0 : 1;
