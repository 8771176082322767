import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type Child = {
  process: ChildProcess;
  /** The first JSON line of its output with this `event`; raises when the process ends before it. */
  waitFor(event: string): Promise<Record<string, unknown>>;
  /** Ends it, and resolves once it is gone: TERM first, KILL where that did nothing for `killAfterMs`. */
  stop(): Promise<void>;
  ended: Promise<number>;
};

/** Starts one Node process of the demo. Its JSON lines are read here; everything else it says goes to `say`. */
export function startChild(
  script: string,
  args: readonly string[],
  options: {
    cwd: string;
    nodeArgs?: readonly string[];
    env?: NodeJS.ProcessEnv;
    /** Default 5 seconds; longer for a process that ends others in order. */
    killAfterMs?: number;
    say(text: string): void;
    onLine?(line: Record<string, unknown>): void;
  },
): Child {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), script, ...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C reaches the demo alone, which then ends its children in order.
    detached: true,
  });
  const seen: Record<string, unknown>[] = [];
  const waiting = new Set<{ event: string; resolve(line: Record<string, unknown>): void }>();
  const take = (text: string) => {
    const line = readLine(text);
    if (line === null) {
      options.say(text);
      return;
    }
    seen.push(line);
    options.onLine?.(line);
    for (const waiter of waiting) {
      if (waiter.event !== line.event) continue;
      waiting.delete(waiter);
      waiter.resolve(line);
    }
  };
  createInterface({ input: child.stdout }).on("line", take);
  createInterface({ input: child.stderr }).on("line", take);
  const ended = new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 128));
  });
  return {
    process: child,
    ended,
    waitFor(event) {
      const found = seen.find((line) => line.event === event);
      if (found !== undefined) return Promise.resolve(found);
      return Promise.race([
        new Promise<Record<string, unknown>>((resolve) => waiting.add({ event, resolve })),
        ended.then((code) => {
          throw new Error(`${script} ended with ${code} before "${event}"`);
        }),
      ]);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), options.killAfterMs ?? 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function readLine(text: string): Record<string, unknown> | null {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A line that only looks like JSON is shown as it is.
    return null;
  }
}
