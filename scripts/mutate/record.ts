import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { isRecording, takeReached } from "./active";

/** Before each test file: writes down which places each of its tests reaches; `test` null for what was reached before it. */
export type Reached = { test: string | null; ids: string[]; ms: number };

const folder = process.env.BULKHEAD_MUTANTS;
if (isRecording && folder !== undefined) {
  const write = (reached: Reached) => appendFileSync(join(folder, "reached"), `${JSON.stringify(reached)}\n`);
  let startedAt = 0;
  beforeEach(() => {
    write({ test: null, ids: takeReached(), ms: 0 });
    startedAt = performance.now();
  });
  afterEach(({ task }) => {
    write({ test: task.id, ids: takeReached(), ms: Math.round(performance.now() - startedAt) });
  });
}
