import { expect, test } from "vitest";
import { ask, type Run, type Told, type Untouched } from "./ask";
import { tellEnd, tellFirst, tellShare } from "./share";
import { whyUnasked } from "./unasked";

const FAULT = "fault";
const PASSED: Told = { failed: null, isLate: false, ms: 1 };
const FAILED: Told = { failed: "a test", isLate: false, ms: 1 };
const LATE: Told = { failed: "late", isLate: true, ms: 1 };

/** A file whose tests take a second each, of which the first ones come by the fault. */
const fileOf = (tests: number, by: number, loading: string[] = []): Untouched => ({
  fails: null,
  ms: tests * 1000,
  loading,
  tests: Array.from({ length: tests }, (_, at) => ({ id: `t${at}`, ids: at < by ? [FAULT] : [], ms: 1000 })),
});

async function askAll(
  files: Record<string, Untouched>,
  options: { boundMs?: number; first?: string[]; told?: (run: Run) => Told; untouched?: Told } = {},
) {
  const runs: string[] = [];
  const known: string[] = [];
  const verdict = await ask(
    FAULT,
    Object.keys(files),
    { first: options.first ?? [], boundMs: options.boundMs ?? 1_000_000, isStopped: () => false },
    {
      run: async (run) => {
        runs.push(`${run.test} ${run.testIds?.length ?? "all"}`);
        return options.told?.(run) ?? PASSED;
      },
      runUntouched: async () => options.untouched ?? PASSED,
      know: async (file) => {
        known.push(file);
        return files[file] ?? fileOf(0, 0);
      },
    },
  );
  return { runs, known, verdict };
}

test("a few tests of each file are asked that come by the fault, then the rest of them", async () => {
  const files = { a: fileOf(20, 12), none: fileOf(3, 0), b: fileOf(2, 1) };
  const { runs, verdict } = await askAll(files);
  expect(runs).toEqual(["a 8", "b 1", "a 4"]);
  expect(verdict).toEqual({ noticedBy: null, files: 2, left: 0, seconds: 0 });
  const noticed = await askAll(files, { told: ({ test: file }) => (file === "b" ? FAILED : PASSED) });
  expect(noticed.runs).toEqual(["a 8", "b 1"]);
  expect(noticed.verdict?.noticedBy).toBe("b: a test");
  expect((await askAll(files, { first: ["a"] })).runs).toEqual(["a 12", "b 1"]);
});

test("every test of a file is asked about what is done before its first one", async () => {
  expect((await askAll({ a: fileOf(3, 0, [FAULT]) })).runs).toEqual(["a all"]);
  expect((await askAll({ a: fileOf(3, 1, [FAULT]) })).runs).toEqual(["a 1", "a all"]);
  expect((await askAll({ a: fileOf(3, 3, [FAULT]) })).runs).toEqual(["a 3"]);
  expect((await askAll({ a: { ...fileOf(3, 3), fails: "as it is" } })).runs).toEqual([]);
});

test("far files are looked at only for a fault that no near one comes by", async () => {
  const far = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`far${at}`, fileOf(1, at < 20 ? 0 : 1)]));
  expect((await askAll(far)).runs).toEqual(["far20 1"]);
  expect((await askAll({ near: fileOf(1, 1), ...far })).known).toHaveLength(16);
});

test("the bound is what runs take where nothing is wrong, and never less than four times the first", async () => {
  const files = { a: fileOf(2, 2), b: fileOf(3, 3), c: fileOf(4, 4), d: fileOf(1, 1) };
  const { runs, verdict } = await askAll(files, { boundMs: 1, told: () => ({ ...PASSED, ms: 100_000 }) });
  expect(runs).toEqual(["a 2", "b 3", "d 1"]);
  expect(verdict).toEqual({ noticedBy: null, files: 3, left: 1, seconds: 300 });
});

test("a fault that keeps its tests from ending is noticed; a machine that does is no verdict", async () => {
  const files = { a: fileOf(1, 1) };
  const hung = await askAll(files, { told: () => LATE });
  expect(hung.verdict?.noticedBy).toBe("a: not over after 64 s");
  const loaded = await askAll(files, { told: () => LATE, untouched: LATE });
  expect(loaded.verdict).toMatchObject({ noticedBy: null, left: 1 });
});

test("the share tells what ran out of time from what was not noticed, and leaves out what is equivalent", () => {
  const judged = { noticedBy: null, left: 0, isEquivalent: false };
  expect(
    tellShare([
      { ...judged, noticedBy: "a: a test" },
      { ...judged, noticedBy: "b: a test", left: 1 },
      { ...judged, left: 2 },
      judged,
      { ...judged, isEquivalent: true },
    ]),
  ).toBe("2 of 5 noticed: 40.0 %; 1 of the others ran out of time; without 1 equivalent ones 50.0 %");
  expect(
    [
      { files: 0, left: 0 },
      { files: 0, left: 1 },
      { files: 1, left: 0 },
      { files: 2, left: 1 },
    ].map(tellEnd),
  ).toEqual([
    "no test comes by it",
    "out of time",
    "1 test file did not notice",
    "2 test files did not notice, then out of time",
  ]);
});

test("what the tests asked first notice alone is told with what they ask nothing about, and without", () => {
  const judged = { isOfFirst: false, isEquivalent: false, isUnasked: false };
  const noticed = { ...judged, isOfFirst: true };
  expect(
    tellFirst(
      [noticed, noticed, noticed, { ...noticed, isUnasked: true }, judged]
        .concat({ ...judged, isEquivalent: true, isUnasked: true })
        .concat({ ...judged, isUnasked: true }),
      "a",
    ),
  ).toBe("4 of 7 noticed by a alone: 57.1 %; without 1 equivalent ones and 1 that they ask nothing about 80.0 %");
  expect(
    ["native/core/wire/held.ts", "native/core/audit/verify-log.ts", "native/core/audit/audit-head.ts"].map(
      (file) => whyUnasked({ id: "0", file }) !== undefined,
    ),
  ).toEqual([true, true, false]);
});
