import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createVitest, type Vitest } from "vitest/node";

/**
 * A long-lived vitest over the tree in the working directory, on orders of its parent: it makes one mutant active, runs
 * one test file or some tests of it, and tells whether something failed. A process of its own, so that a hung one can be
 * ended.
 */
export type Order = { active: string; test: string; testIds: string[] | null };
export type Told = { failed: string | null; ms: number };

let opened: Promise<Vitest> | null = null;

function open(): Promise<Vitest> {
  opened ??= (async () => {
    const vitest = await createVitest("test", {
      watch: false,
      project: ["unit"],
      bail: 1,
      maxWorkers: 1,
      fileParallelism: false,
      setupFiles: [join(process.cwd(), "scripts/mutate/record.ts")],
      // A machine that does other things as well must not notice a mutant in place of the tests.
      testTimeout: 900_000,
      hookTimeout: 900_000,
      reporters: [{}],
    });
    await vitest.standalone();
    return vitest;
  })();
  return opened;
}

/** The first that failed, by its name or by what kept it from running. */
async function run({ active, test, testIds }: Order): Promise<Told> {
  const vitest = await open();
  writeFileSync(join(process.env.BULKHEAD_MUTANTS ?? "", "active"), active);
  const startedAt = performance.now();
  const options = testIds === null ? undefined : { testIds };
  const specifications = vitest.projects.map((project) => project.createSpecification(test, options));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const ms = Math.round(performance.now() - startedAt);
  for (const module of testModules) {
    for (const failed of module.children.allTests("failed")) return { failed: failed.fullName, ms };
    if (module.state() === "failed") return { failed: String(module.errors()[0]?.message ?? "it did not load"), ms };
  }
  const [error] = unhandledErrors;
  return { failed: error === undefined ? null : String((error as { message?: unknown }).message ?? error), ms };
}

process.on("message", (order: Order) => {
  run(order).then(
    (told) => process.send?.(told),
    (error: unknown) => process.send?.({ failed: String(error), ms: 0 } satisfies Told),
  );
});
process.on("disconnect", () => process.exit(0));
