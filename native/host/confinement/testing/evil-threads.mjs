import { createWriteStream } from "node:fs";
import { hrtime } from "node:process";
import { Worker } from "node:worker_threads";

/** A compromised engine that makes threads until it is refused one, and tells how many it had and when its clock began. */
const THREADS_TRIED = 48;
const channel = createWriteStream("", { fd: 3 });

function end(text) {
  channel.write(`${text}\nmonotonic ${hrtime()[0]}\n`, () => process.exit(0));
}

let count = 0;
function one() {
  let worker;
  try {
    worker = new Worker("setInterval(() => {}, 1e6)", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 2 } });
  } catch (error) {
    end(`threads ${count} ${error.code}`);
    return;
  }
  worker.on("error", (error) => end(`threads ${count} ${error.code}`));
  worker.on("online", () => {
    count += 1;
    if (count < THREADS_TRIED) one();
    else end(`threads ${count} reached`);
  });
}
one();
