import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** No file of the suite needs half of this, even on a machine that does other things. */
const LIMIT_MS = 10 * 60_000;

/**
 * Ends a run in which a file neither passes nor fails. A process that is stuck below its event loop hears no test's
 * timeout, so its file would hold the whole run for ever: here it is named, with the last that it told and what its
 * threads do, and the run fails.
 */
export default class HungFilesReporter implements Reporter {
  readonly #running = new Map<string, { sinceMs: number; told: string }>();
  #timer: NodeJS.Timeout | null = null;

  onTestRunStart(): void {
    this.#timer = setInterval(() => this.#look(Date.now()), 10_000);
    this.#timer.unref();
  }

  onTestModuleQueued(module: TestModule): void {
    this.#running.set(module.relativeModuleId, { sinceMs: Date.now(), told: "it told nothing" });
  }

  onTestCaseReady(test: TestCase): void {
    this.#told(test, `it began "${test.fullName}"`);
  }

  onTestCaseResult(test: TestCase): void {
    this.#told(test, `it ended "${test.fullName}"`);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.relativeModuleId);
  }

  /** Errors that belong to no test fail a run too, and a report of tests does not have them. */
  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { message, stack } of errors) tell(`outside of tests: ${message}\n${stack ?? ""}`);
  }

  #told(test: TestCase, told: string): void {
    const file = this.#running.get(test.module.relativeModuleId);
    if (file !== undefined) file.told = told;
  }

  #look(nowMs: number): void {
    const hung = [...this.#running].filter(([, { sinceMs }]) => nowMs - sinceMs > LIMIT_MS);
    if (hung.length === 0) return;
    for (const [file, { told }] of hung) tell(`hung: ${file}; last, ${told}`);
    for (const pid of childrenOf(process.pid)) {
      process.stderr.write(`process ${pid}: ${threadsOf(pid)}\n`);
      process.kill(pid, "SIGKILL");
    }
    process.exit(1);
  }
}

/** To whoever watches, and to the file in which the end of the run looks for what no report of tests has. */
function tell(text: string): void {
  process.stderr.write(`\n${text}\n`);
  const told = process.env.BULKHEAD_TEST_TOLD;
  if (told !== undefined) appendFileSync(told, `${text}\n`);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

/** State of each thread, the call of the kernel that it waits in, and what it has used of the processor. */
function threadsOf(pid: number): string {
  const read = (task: string, name: string) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/${name}`, "utf8");
    } catch {
      // It ended meanwhile.
      return "";
    }
  };
  const threads = readdirSync(`/proc/${pid}/task`).map((task) => {
    const words = read(task, "stat")
      .replace(/^.*\) /s, "")
      .split(" ");
    return `${words[0]} ${read(task, "wchan")} ${Number(words[11]) + Number(words[12])} ticks`;
  });
  return threads.join(" | ");
}
