import { readFileSync } from "node:fs";

/**
 * Loaded before a server (`--import`): its wall clock is off by the milliseconds that the file named by
 * BULKHEAD_FAULT_CLOCK holds, read now and again at SIGUSR2. What counts time that has passed stays right, as it does
 * on a machine whose clock is set.
 */
const path = process.env.BULKHEAD_FAULT_CLOCK;
const RealDate = Date;
let shiftMs = 0;
const readShift = () => {
  shiftMs = Number(readFileSync(path, "utf8"));
};

if (path !== undefined) {
  readShift();
  process.on("SIGUSR2", () => {
    readShift();
    process.stdout.write(`${JSON.stringify({ event: "clock_shifted", shiftMs })}\n`);
  });
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget),
    apply: () => new Date().toString(),
    get: (target, name) => (name === "now" ? () => RealDate.now() + shiftMs : Reflect.get(target, name)),
  });
}
