import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded before a server (`--import`): its wall clock is off by the milliseconds that the file named by
 * BULKHEAD_FAULT_CLOCK holds, read now and again at SIGUSR2, and by other threads, which hear no signal, whenever they ask
 * the time; what counts time that has passed stays right, as on a
 * machine whose clock is set. BULKHEAD_FAULT_BOOT names the run of the kernel: another name is a machine that was
 * started again.
 */
const { BULKHEAD_FAULT_CLOCK: path, BULKHEAD_FAULT_BOOT: boot } = process.env;
const BOOT_ID = "/proc/sys/kernel/random/boot_id";
const RealDate = Date;
const { readFileSync } = fs;
let shiftMs = 0;
const readShift = () => {
  shiftMs = Number(readFileSync(path, "utf8"));
};
const nowMs = () => {
  if (!isMainThread) readShift();
  return RealDate.now() + shiftMs;
};

if (path !== undefined) {
  readShift();
  if (isMainThread)
    process.on("SIGUSR2", () => {
      readShift();
      process.stdout.write(`${JSON.stringify({ event: `clock_shifted ${shiftMs}` })}\n`);
    });
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget),
    apply: () => new Date().toString(),
    get: (target, name) => (name === "now" ? nowMs : Reflect.get(target, name)),
  });
}
if (boot !== undefined) {
  fs.readFileSync = (file, ...options) => (file === BOOT_ID ? `${boot}\n` : readFileSync(file, ...options));
  syncBuiltinESMExports();
}
