import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureLines, failuresOf, readReport, runLines } from "./failures";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "failures-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function linesOf(report: unknown): string[] | null {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify(report));
  const read = readReport(file);
  return read === null ? null : failureLines(failuresOf(read, "/project"));
}
const file = (name: string, more: object) => ({
  ...{ name: `/project/${name}`, status: "passed", message: "", assertionResults: [] },
  ...more,
});
const report = (...testResults: object[]) => ({ numPassedTests: 1, numFailedTests: testResults.length, testResults });

describe("what failed", () => {
  it("is named by file and test, with the beginning of what it said", () => {
    const said = "\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n  at a\n  at b\n  at c";
    const failed = { status: "failed", fullName: "sums are right", failureMessages: [said] };
    const passed = { status: "passed", fullName: "others are", failureMessages: [] };
    expect(linesOf(report(file("a.test.ts", { status: "failed", assertionResults: [passed, failed] })))).toEqual([
      "  a.test.ts: sums are right",
      "    AssertionError: expected 1 to be 2",
      "      at a",
      "      at b",
    ]);
  });

  it("is a file where it could not be loaded", () => {
    const broken = file("b.test.ts", { status: "failed", message: "Cannot find module" });
    expect(linesOf(report(file("a.test.ts", {}), broken))).toEqual(["  b.test.ts", "    Cannot find module"]);
  });

  it("is not known where the run wrote no report", () => {
    expect(linesOf({ testResults: "none" })).toBeNull();
    expect(readReport(join(folder, "none.json"))).toBeNull();
  });

  it("is said even where no test failed, or no report was written", () => {
    const [written, none] = [join(folder, "report.json"), join(folder, "none")];
    writeFileSync(written, JSON.stringify(report()));
    expect(runLines(written, none, "/project")).toEqual(["  no test failed: the run failed by itself"]);
    expect(runLines(none, none, "/project")).toEqual(["  it wrote no report: it broke before its end"]);
    writeFileSync(join(folder, "told"), "outside of tests: boom\n    at a\n");
    expect(runLines(written, join(folder, "told"), "/project")).toEqual(["  outside of tests: boom", "      at a"]);
  });
});
