import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type LiveMemory = {
  /** To be set for the process that is measured. */
  env: Record<string, string>;
  /** What all of its threads held after their last collections, in MiB: heaps, buffers and memory of WebAssembly. */
  liveMiB(): number;
};

const EVERY_MS = 15_000;

/** In every thread of the process: collects, and writes what is left. What awaits its collection is no growth. */
const script = (folder: string) => `
const v8 = require("node:v8");
const { writeFileSync } = require("node:fs");
const { threadId } = require("node:worker_threads");
v8.setFlagsFromString("--expose-gc");
const collect = require("node:vm").runInNewContext("gc");
setInterval(() => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(${JSON.stringify(folder)} + "/" + threadId, String(heapUsed + external));
}, ${EVERY_MS}).unref();
`;

/** Measures a process of this machine by a script that each of its threads loads first. */
export function measureLive(folder: string): LiveMemory {
  const told = join(folder, "threads");
  mkdirSync(told, { recursive: true });
  const preload = join(folder, "live-memory.cjs");
  writeFileSync(preload, script(told));
  return {
    env: { NODE_OPTIONS: `--require ${preload}` },
    liveMiB() {
      const bytes = readdirSync(told).map((name) => Number(readFileSync(join(told, name), "utf8")));
      return bytes.reduce((sum, own) => sum + own, 0) / 1024 ** 2;
    },
  };
}
