import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What every process of a load tells; `at` is milliseconds of the machine's clock. */
type FromLoad<Event> =
  | { said: "ready" }
  | { said: "event"; event: Event }
  | { said: "failed"; reason: string }
  | { said: "done"; result: unknown; cpuMs: number };

export type LoadProcess<Event, Result> = {
  /** Its load runs. Raises where it failed before. */
  ready: Promise<void>;
  onEvent(listener: (event: Event) => void): void;
  /** Ends the load and answers what it saw, and the processor time that it took itself. */
  stop(): Promise<{ result: Result; cpuMs: number }>;
  kill(): void;
};

/** Starts one part of a load as a process of its own, so that it never waits for what it measures. */
export function startLoad<Order extends object, Event, Result>(name: string, order: Order): LoadProcess<Event, Result> {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child: ChildProcess = fork(file, { execArgv: ["--import", "tsx"] });
  const listeners = new Set<(event: Event) => void>();
  let settle: { ready(): void; done(answer: { result: Result; cpuMs: number }): void; fail(error: Error): void };
  const failure = new Promise<never>((_, fail) => {
    settle = { ready: () => undefined, done: () => undefined, fail };
  });
  // Whoever waits for the load hears of it; nobody may be waiting yet.
  failure.catch(() => undefined);
  const ready = new Promise<void>((resolve) => {
    settle.ready = resolve;
  });
  const done = new Promise<{ result: Result; cpuMs: number }>((resolve) => {
    settle.done = resolve;
  });
  child.on("message", (message: FromLoad<Event>) => {
    if (message.said === "ready") settle.ready();
    if (message.said === "event") for (const listener of listeners) listener(message.event);
    if (message.said === "failed") settle.fail(new Error(`${name}: ${message.reason}`));
    // Safe: `name` and `Result` are written by the same benchmark.
    if (message.said === "done") settle.done({ result: message.result as Result, cpuMs: message.cpuMs });
  });
  child.on("exit", (code) => settle.fail(new Error(`${name} ended with ${code}`)));
  child.send(order);
  return {
    ready: Promise.race([ready, failure]),
    onEvent: (listener) => listeners.add(listener),
    async stop() {
      child.send({ stop: true });
      const answer = await Promise.race([done, failure]);
      child.kill();
      return answer;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/** The other side: runs `start` with the order, and answers with what its `finish` gives when told to stop. */
export function serveLoad<Order, Event, Result>(
  start: (order: Order, tell: (event: Event) => void) => Promise<{ finish(): Promise<Result> }>,
): void {
  const send = (message: FromLoad<Event>) => process.send?.(message);
  const fail = (error: unknown) =>
    send({ said: "failed", reason: error instanceof Error ? error.message : `${error}` });
  process.on("unhandledRejection", fail);
  process.once("message", (order: Order) => {
    start(order, (event) => send({ said: "event", event })).then(({ finish }) => {
      send({ said: "ready" });
      process.once("message", () => {
        finish().then((result) => {
          const { user, system } = process.cpuUsage();
          send({ said: "done", result, cpuMs: (user + system) / 1000 });
        }, fail);
      });
    }, fail);
  });
}
