import { parentPort, workerData } from "node:worker_threads";
import { openBundle } from "../core/bundle/open-bundle";

/** A thread that opens the one bundle that it was started with, answers and ends; `openBundleElsewhere` starts it. */
const result = openBundle(workerData as Uint8Array);
const contents = result.ok ? [...result.bundle.entries.values()] : [];
// Safe because no content is of a shared buffer: each was inflated here, or is a part of what this thread was given.
const buffers = new Set(contents.map(({ buffer }) => buffer as ArrayBuffer));
parentPort?.postMessage(result, [...buffers]);
