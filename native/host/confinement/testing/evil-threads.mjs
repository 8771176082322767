import { readSync, writeSync } from "node:fs";
import { hrtime } from "node:process";
import { Worker } from "node:worker_threads";

/**
 * A compromised engine that makes threads until it is refused one. It tells when its clock began, then how many it has, each
 * time: a Node that can't make one of its own for a worker may end at once.
 */
const THREADS_TRIED = 48;
const tell = (text) => writeSync(3, `${text}\n`);

// as a spare it waits for a word before it begins
if (process.argv[2] === "spare") readSync(3, Buffer.alloc(2));

let count = 0;
function one() {
  const refused = (error) => {
    tell(`threads ${count} ${error.code}`);
    process.exit(0);
  };
  let worker;
  try {
    worker = new Worker("setInterval(() => {}, 1e6)", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 2 } });
  } catch (error) {
    refused(error);
  }
  worker.on("error", refused);
  worker.on("online", () => {
    count += 1;
    tell(`threads ${count} reached`);
    if (count < THREADS_TRIED) one();
    else process.exit(0);
  });
}
tell(`monotonic ${hrtime()[0]}`);
one();
