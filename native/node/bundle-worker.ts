import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { openBundle } from "../core/bundle/open-bundle";
import { judgeBundle } from "./judge-bundle";
import type { BundleWork } from "./open-bundle-elsewhere";

/** A thread that opens or judges the one bundle that it was started with, answers and ends. */
const work = workerData as BundleWork;
// A large bundle is a second or more of one core, which nobody waits for as others wait for a decision. A thread's own there;
// elsewhere it would be the whole process's.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);
if (work.do === "judge") {
  parentPort?.postMessage(judgeBundle(readFileSync(work.path), work.seal));
} else {
  const result = openBundle(work.bytes);
  const contents = result.ok ? [...result.bundle.entries.values()] : [];
  // Safe because no content is of a shared buffer: each was inflated here, or is a part of what this thread was given.
  const buffers = new Set(contents.map(({ buffer }) => buffer as ArrayBuffer));
  parentPort?.postMessage(result, [...buffers]);
}
