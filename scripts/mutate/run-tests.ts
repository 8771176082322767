import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Told } from "./ask";
import type { Order } from "./tester";

export type Tests = {
  /** The name of the first test that failed, or what else went wrong; null where nothing did. What is late is ended. */
  run(order: Order, limitMs: number): Promise<Told>;
  close(): void;
};

/** Runs tests of a tree, in a process that is begun anew after each that hung. `folder` is where the two meet. */
export function openTests(tree: string, folder: string): Tests {
  let child: ChildProcess | null = null;
  const end = () => {
    // With everything that it started: a hung test holds its worker.
    if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    child = null;
  };
  const begin = (): ChildProcess =>
    spawn(process.execPath, ["--import", "tsx", join(tree, "scripts/mutate/tester.ts")], {
      cwd: tree,
      detached: true,
      env: { ...process.env, BULKHEAD_MUTANTS: folder },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  return {
    run(order, limitMs) {
      child ??= begin();
      const held = child;
      return new Promise((resolve) => {
        const startedAt = Date.now();
        const answer = (told: Told) => {
          clearTimeout(timer);
          held.removeAllListeners();
          resolve(told);
        };
        const timer = setTimeout(() => {
          end();
          answer({
            failed: `not over after ${Math.round(limitMs / 1000)} s`,
            isLate: true,
            ms: Date.now() - startedAt,
          });
        }, limitMs);
        held.once("message", (told: Told) => answer(told));
        held.once("exit", () => {
          child = null;
          answer({ failed: "the process of the tests ended", isLate: false, ms: Date.now() - startedAt });
        });
        held.send({ ...order, test: join(tree, order.test) } satisfies Order);
      });
    },
    close: end,
  };
}
