import type { ParseArgsConfig } from "node:util";

/** What a command may touch besides the files that its arguments name. */
export type CommandContext = {
  cwd: string;
  stdin: AsyncIterable<Uint8Array>;
  /** Resolves when the reader has taken the text, so that long answers never pile up. */
  write(text: string): Promise<void>;
  warn(text: string): void;
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof globalThis.fetch;
  nowSeconds(): number;
  /** Progress, one line an event, on standard error. */
  log(level: "debug" | "info" | "warn" | "error", event: string, fields?: Record<string, unknown>): void;
  /** Resolves when the person asks to stop. */
  interrupted(): Promise<void>;
};

export type CommandValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
export type CommandArguments = { values: CommandValues; positionals: readonly string[]; context: CommandContext };

export type CommandFailure = {
  ok: false;
  /** Upper snake case of the contract, or lower snake case of the server's own error list. */
  code: string;
  message: string;
  details?: unknown;
};

export type CommandResult =
  /** `text` for people, `json` for `--json`; a command that wrote its own output has neither. */
  { ok: true; text: string; json: unknown } | { ok: true; isWritten: true } | CommandFailure;

export type Command = {
  /** As typed: one word, or two for `audit verify`. */
  name: string;
  summary: string;
  /** What follows the name. */
  usage: string;
  options: NonNullable<ParseArgsConfig["options"]>;
  /** One line an option, for `--help`. */
  help: Readonly<Record<string, string>>;
  positionals: { min: number; max: number };
  run(given: CommandArguments): Promise<CommandResult>;
};

/** Raised by the readers of arguments; answered with exit code 2. */
export class UsageError extends Error {}

export function failure(code: string, message: string, details?: unknown): CommandFailure {
  return details === undefined ? { ok: false, code, message } : { ok: false, code, message, details };
}

export function textOption(values: CommandValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function requiredOption(values: CommandValues, name: string): string {
  const value = textOption(values, name);
  if (value === undefined || value === "") throw new UsageError(`--${name} is needed`);
  return value;
}

export function integerOption(values: CommandValues, name: string): number | undefined {
  const value = textOption(values, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) throw new UsageError(`--${name} takes a whole number`);
  return number;
}
