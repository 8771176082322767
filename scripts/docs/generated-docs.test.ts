import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { helpOfDetail } from "@/lib/contracts/help";
import { WIDENING_CODES } from "@/lib/domain/widening";
import { errorResponse } from "@/lib/http/error-response";
import { AppError, ERROR_STATUS, type ErrorCode } from "@/lib/platform/errors";
import { helpOf } from "@/native/core/decide/help";
import { errorPages } from "@/native/core/errors/error-pages";
import { errorDocs, pageFile } from "./error-pages";
import { generatedDocs } from "./generated-docs";
import { specChecks } from "./spec-checks";

const decisions = readFileSync("native/spec/5-decisions.md", "utf8");
const docs = errorDocs(decisions);
const codesOf = (list: string) =>
  errorPages()
    .filter((page) => page.list === list)
    .map(({ code }) => code)
    .sort();

describe("the pages of error codes", () => {
  it("are of each code of the platform's closed lists, and of no other", () => {
    expect(codesOf("http")).toEqual(Object.keys(ERROR_STATUS).sort());
    expect(codesOf("widening")).toEqual([...WIDENING_CODES].sort());
  });

  it("are where help points, and no two of one name on a system that knows no letter case", () => {
    for (const { code, means, how } of errorPages()) {
      const page = docs.get(`docs/${helpOf(code).toLowerCase()}.md`);
      expect([code, page?.includes(means) && page.includes(how)]).toEqual([code, true]);
    }
    const files = [...docs.keys()].map((file) => file.toLowerCase());
    expect(new Set(files).size).toBe(files.length);
  });

  it.each(Object.keys(ERROR_STATUS) as ErrorCode[])("are named by every answer over HTTP: %s", async (code) => {
    const details = [{ path: "/body/name", code: "TOO_LONG", message: "Too long.", seen: 2000, wanted: 1024 }];
    const error = new AppError(code, "No.", { details });
    const { error: body } = await errorResponse(error, "req_1", () => {}).json();
    expect(docs.has(pageFile(body.help.replace("errors/", "")))).toBe(true);
    expect(body.details[0]).toMatchObject({ at: "/body/name", seen: 2000, wanted: 1024, help: "errors/TOO_LONG" });
    expect(helpOfDetail("too_big")).toBeNull();
  });

  it("say of each check what the decisions of all vectors tell: at, seen and wanted there, and nowhere else", () => {
    type Step = { check: string; state: string; code: string; at: unknown; seen: unknown; wanted: unknown };
    const { cases } = JSON.parse(readFileSync("native/vectors/41-explain.json", "utf8"));
    const failed: Step[] = cases
      .flatMap(({ expect: told }: { expect: { checks?: Step[] } }) => told.checks ?? [])
      .filter(({ state }: Step) => state === "failed");
    const table = specChecks(decisions);
    expect(new Set(failed.map(({ check }) => check)).size).toBeGreaterThan(20);
    for (const step of failed) {
      const row = table.find(({ check }) => check === step.check);
      expect([step.check, row?.code]).toEqual([step.check, step.code]);
      for (const member of ["at", "seen", "wanted"] as const) {
        if (row?.[member] === "") expect([step.check, member, step[member]]).toEqual([step.check, member, null]);
      }
    }
    for (const { check, ...row } of table) {
      const steps = failed.filter((step) => step.check === check);
      for (const member of ["at", "seen", "wanted"] as const) {
        if (steps.length === 0 || row[member] === "") continue;
        expect([check, member, steps.some((step) => step[member] !== null)]).toEqual([check, member, true]);
      }
    }
  });
});

describe("documents that are made from the code", () => {
  it("are what the code says now", () => {
    for (const [path, text] of generatedDocs(process.cwd())) {
      expect([path, readFileSync(path, "utf8") === text]).toEqual([path, true]);
    }
  });
});
