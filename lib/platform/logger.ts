import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { createLogWriter } from "./log-writer";
import { systemTimers } from "./timers";

/** One JSON line an entry on stderr. Fields whose names say that they are secrets are never written. */
export type LogLevel = "debug" | "info" | "warn" | "error";
export type Logger = (level: LogLevel, event: string, fields?: Record<string, unknown>) => void;

const SECRET_NAME = /(token|secret|password|cookie|authorization|privatekey|private_key|assertion)/i;

function redact(value: unknown, depth: number): unknown {
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack, cause: redact(value.cause, depth + 1) };
  }
  if (depth > 4 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) ? "[redacted]" : redact(item, depth + 1),
    ]),
  );
}

const escapeUnits = (character: string): string =>
  [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");

export function createLogger(write: (line: string) => void, nowMs: () => number = Date.now): Logger {
  return (level, event, fields = {}) => {
    const entry = { at: new Date(nowMs()).toISOString(), level, event, ...(redact(fields, 0) as object) };
    // JSON escapes control characters alone; those that turn text around are a stranger's too.
    write(`${JSON.stringify(entry).replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits)}\n`);
  };
}

const STDERR = 2;
const told = (write: (line: string) => void, count: number) => createLogger(write)("warn", "log_lines_lost", { count });

function openStderr() {
  // Whoever asks for the stream makes a pipe one that never waits, for all threads of the process.
  if (isMainThread) void process.stderr;
  const lostLine = (count: number) => {
    let line = "";
    told((text) => {
      line = text;
    }, count);
    return line;
  };
  const writer = createLogWriter((bytes) => writeSync(STDERR, bytes), systemTimers, lostLine);
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  process.on("exit", () => writer.flush((ms) => void Atomics.wait(nobodyWakes, 0, 0, ms)));
  return writer;
}

/** Never waits for whoever reads stderr (`log-writer.ts`). */
export const stderrLogger: Logger = createLogger(openStderr().write);
