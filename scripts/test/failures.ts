import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

/** What vitest's JSON reporter writes of a run, as far as it is read here. */
const reportShape = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});
export type TestReport = z.infer<typeof reportShape>;

/** A test that failed, or a file that could not be loaded, and the beginning of what it said. */
export type Failure = { name: string; says: string };

const SAID_LINES = 3;

/** Null where the run wrote none: it broke before its end, which is a failure by itself. */
export function readReport(file: string): TestReport | null {
  try {
    return reportShape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // The caller tells that there is no report, and the run's exit code fails the step.
    return null;
  }
}

/** By file, then name. */
export function failuresOf({ testResults }: TestReport, root: string): Failure[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => ({ name: `${file}: ${test.fullName}`, says: beginning(test.failureMessages?.[0] ?? "") }));
    return failed.length === 0 && status === "failed" ? [{ name: file, says: beginning(message) }] : failed;
  });
}

/**
 * All that is known of a failed run: its tests by its report, and what the reporter told of errors outside of them and of
 * files that hung. Never nothing: a run that broke before its end wrote no report, which is said.
 */
export function runLines(reportFile: string, toldFile: string, root: string): string[] {
  const report = readReport(reportFile);
  const told = existsSync(toldFile) ? stripVTControlCharacters(readFileSync(toldFile, "utf8")).split("\n") : [];
  const lines = [
    ...(report === null ? ["  it wrote no report: it broke before its end"] : failureLines(failuresOf(report, root))),
    ...told.filter(Boolean).map((line) => `  ${line}`),
  ];
  return lines.length === 0 ? ["  no test failed: the run failed by itself"] : lines;
}

/** Lines of a failure as they are printed below a run, indented. */
export function failureLines(failures: readonly Failure[]): string[] {
  return failures.flatMap(({ name, says }) => [
    `  ${name}`,
    ...says
      .split("\n")
      .filter(Boolean)
      .map((line) => `    ${line}`),
  ]);
}

function beginning(message: string): string {
  return stripVTControlCharacters(message).split("\n").slice(0, SAID_LINES).join("\n");
}
