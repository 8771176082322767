import { closeInheritedDescriptors } from "../host/confinement/close-inherited";
import { keepHeapLean } from "../host/runtime/lean-heap";
import type { CommandContext } from "./command";
import { showsColours } from "./paint";

/** The real process; tests bring their own. */
export function processContext(): CommandContext {
  // A reader that went away, as `head` does, ends the writing and is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`bulkhead: NOT_WRITTEN: standard output took no more (${error.code ?? error.message})\n`);
    process.exit(1);
  });
  // Where nobody can be told, the exit code alone tells.
  process.stderr.on("error", () => undefined);
  return {
    cwd: process.cwd(),
    stdin: process.stdin,
    write: (text) =>
      new Promise((resolve) => {
        if (process.stdout.write(text)) resolve();
        else process.stdout.once("drain", resolve);
      }),
    warn: (text) => {
      process.stderr.write(text);
    },
    colours: {
      write: showsColours(process.stdout.isTTY, process.env),
      warn: showsColours(process.stderr.isTTY, process.env),
    },
    env: process.env,
    fetch: globalThis.fetch,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: (level, event, fields = {}) => {
      if (level !== "debug") process.stderr.write(`${logLine(level, event, fields)}\n`);
    },
    keepToItself() {
      closeInheritedDescriptors();
      keepHeapLean();
    },
    interrupted: () =>
      new Promise<void>((resolve) => {
        process.once("SIGINT", () => resolve());
        process.once("SIGTERM", () => resolve());
      }),
  };
}

/** Names that must not be shown, whatever they hold. */
const SECRET_NAME = /token|secret|authorization|password|privatekey/i;

function logLine(level: string, event: string, fields: Record<string, unknown>): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => value !== undefined && value !== null && !SECRET_NAME.test(name))
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`);
  return [level.padEnd(5), event, ...shown].join(" ");
}
