import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createVitest, type Reporter, type Vitest } from "vitest/node";
import type { Run, Told } from "./ask";

/**
 * A long-lived vitest over the tree in the working directory, on orders of its parent: it makes one mutant active, runs
 * one test file or some tests of it, and tells whether something failed. A process of its own, so that a hung one can be
 * ended.
 */
export type Order = Run & { active: string };

let opened: Promise<Vitest> | null = null;

function open(): Promise<Vitest> {
  opened ??= (async () => {
    const root = process.cwd();
    // Not by the project's own configuration, whose parts take no further setup file.
    const vitest = await createVitest(
      "test",
      {
        config: false,
        root,
        include: ["**/*.test.{ts,tsx}"],
        watch: false,
        pool: "forks",
        server: { deps: { inline: ["next-auth"] } },
        bail: 1,
        maxWorkers: 1,
        fileParallelism: false,
        setupFiles: [join(root, "scripts/mutate/record.ts")],
        // A machine that does other things as well must not notice a mutant in place of the tests.
        testTimeout: 900_000,
        hookTimeout: 900_000,
        reporters: [reporter],
      },
      { resolve: { alias: { "@/": `${root}/` } } },
    );
    await vitest.standalone();
    return vitest;
  })();
  return opened;
}

/** The first that failed in this run, by its name or by what kept it from running. */
let failed: string | null = null;

const reporter: Reporter = {
  onTestCaseResult(test) {
    if (test.result().state === "failed") failed ??= test.fullName;
  },
  onTestSuiteResult(suite) {
    const [error] = suite.errors();
    if (error !== undefined) failed ??= error.message;
  },
  onTestModuleEnd(module) {
    const [error] = module.errors();
    if (error !== undefined) failed ??= error.message;
  },
  onTestRunEnd(_modules, [error]) {
    if (error !== undefined) failed ??= error.message;
  },
};

async function run({ active, test, testIds }: Order): Promise<Told> {
  const vitest = await open();
  writeFileSync(join(process.env.BULKHEAD_MUTANTS ?? "", "active"), active);
  failed = null;
  // Or the failures of runs before would count, and this one would end after its first test.
  vitest.state.idMap.clear();
  const startedAt = performance.now();
  const options = testIds === null ? undefined : { testIds };
  const specifications = vitest.projects.map((project) => project.createSpecification(test, options));
  await vitest.runTestSpecifications(specifications);
  return { failed, isLate: false, ms: Math.round(performance.now() - startedAt) };
}

process.on("message", (order: Order) => {
  run(order).then(
    (told) => process.send?.(told),
    (error: unknown) => process.send?.({ failed: String(error), isLate: false, ms: 0 } satisfies Told),
  );
});
process.on("disconnect", () => process.exit(0));
