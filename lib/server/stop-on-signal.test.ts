import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { manualTime } from "@/db/testing/manual-time";
import { AppError } from "@/lib/platform/errors";
import { type Stopping, stopOnSignal } from "./stop-on-signal";

function start(parts: Partial<Stopping>) {
  const time = manualTime();
  const codes: unknown[] = [];
  const events: string[] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: unknown) => codes.push(code) });
  const stopping = { withinMs: 5_000, stop: async () => undefined, cut: async () => undefined, ...parts };
  stopOnSignal((_, event) => events.push(event), stopping, {
    process: process as unknown as NodeJS.Process,
    timers: time.timers,
  });
  return { time, codes, events, signal: (name = "SIGTERM") => process.emit(name) };
}

/** Waits until it is cut. */
function hangingWork(outcome: (over: { resolve(): void; reject(error: unknown): void }) => void) {
  let over = { resolve: () => {}, reject: (_: unknown) => {} };
  const stop = () =>
    new Promise<void>((resolve, reject) => {
      over = { resolve, reject };
    });
  return { stop, cut: async () => outcome(over) };
}

it("a process ends with 0 when all is over, and is not cut", async () => {
  let cuts = 0;
  const { time, codes, signal } = start({
    cut: async () => {
      cuts += 1;
    },
  });
  signal();
  await time.settle();
  expect([codes, cuts]).toEqual([[0], 0]);
});

it("what hangs is cut when half of the time is over, and that is no failure", async () => {
  const { time, codes, events, signal } = start(hangingWork(({ resolve }) => resolve()));
  signal();
  await time.pass(2_499);
  expect(codes).toEqual([]);
  await time.pass(1);
  expect([codes, events]).toEqual([[0], ["stopping_is_cut_short"]]);
});

it("a store that cannot be reached any more is nobody's failure here", async () => {
  const unreachable = new AppError("unavailable", "The store cannot be reached.");
  const { time, codes, signal } = start(hangingWork(({ reject }) => reject(unreachable)));
  signal();
  await time.pass(2_500);
  expect(codes).toEqual([0]);
});

it("the exit waits for what is being cut, and within the time for nothing else", async () => {
  const { time, codes, signal } = start({
    ...hangingWork(({ resolve }) => resolve()),
    cut: () => new Promise(() => undefined),
  });
  signal();
  await time.pass(4_999);
  expect(codes).toEqual([]);
  await time.pass(1);
  expect(codes).toEqual([1]);
});

it("a failure of our own, a second signal and an error that nobody caught end with 1", async () => {
  const failing = start({ stop: () => Promise.reject(new Error("ours")) });
  failing.signal();
  await failing.time.settle();
  expect(failing.codes).toEqual([1]);

  const impatient = start({ stop: () => new Promise(() => undefined) });
  impatient.signal();
  impatient.signal("SIGINT");
  expect(impatient.codes).toEqual([1]);

  const broken = start({});
  broken.signal("uncaughtException");
  await broken.time.settle();
  expect(broken.codes).toEqual([1]);
});
