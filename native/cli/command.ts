import type { ParseArgsConfig } from "node:util";
import type { ErrorList } from "../core/errors/error-pages";

/** What a command may touch besides the files that its arguments name. */
export type CommandContext = {
  cwd: string;
  stdin: AsyncIterable<Uint8Array>;
  /** Resolves when the reader has taken the text, so that long answers never pile up. */
  write(text: string): Promise<void>;
  warn(text: string): void;
  /** Which of the two outputs is a terminal that shows colours. */
  colours: { write: boolean; warn: boolean };
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof globalThis.fetch;
  nowSeconds(): number;
  /** Progress, one line an event, on standard error. */
  log(level: "debug" | "info" | "warn" | "error", event: string, fields?: Record<string, unknown>): void;
  /** Closes what this process was started with and would hand on to programs. */
  keepToItself(): void;
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
  /** What to do now; where it is left out, the page of the code says it. */
  next?: string;
  /** Of which list the code is, where it is not the command line's own and several have it. */
  of?: ErrorList;
};

export type CommandResult =
  /** `text` for people, `json` for `--json`; a command that wrote its own output has neither. `next` is the step after. */
  | { ok: true; text: string; json: unknown; next: string }
  | { ok: true; isWritten: true; next?: string }
  | CommandFailure;

/** What a shell offers where a value is typed. */
export type Completes = "file" | "folder" | "code" | readonly string[];

export type CommandOption = {
  help: string;
  /** What stands for its value; an option without one is a flag. */
  value?: string;
  isMultiple?: true;
  isRequired?: true;
  /** Its values may begin with a hyphen, so that they are typed behind an equals sign. */
  isJoined?: true;
  /** The variable that says it where the option does not. */
  env?: string;
  completes?: Completes;
};

export type CommandArgument = { name: string; min: number; max: number; help: string; completes?: Completes };

/** A line to be typed as it stands, and what it does. */
export type CommandExample = { line: string; does: string };

/** All that is known of a command: help, manual page, completion and the guide of commands are made from it. */
export type Command = {
  /** As typed: one word, or two for `audit verify`. */
  name: string;
  summary: string;
  /** What it reads, writes and refuses, in sentences. */
  about: string;
  argument: CommandArgument | null;
  options: Readonly<Record<string, CommandOption>>;
  /** One of these sets of options is needed, whole. */
  oneOf?: readonly (readonly string[])[];
  examples: readonly [CommandExample, ...CommandExample[]];
  /** The members of its answer with `--json`; `?` ends a name that may be absent. Null where it answers by lines. */
  json: Readonly<Record<string, string>> | null;
  run(given: CommandArguments): Promise<CommandResult>;
};

/** Raised by the readers of arguments; answered with exit code 2. */
export class UsageError extends Error {}

export function failure(code: string, message: string, details?: unknown, next?: string): CommandFailure {
  return {
    ...{ ok: false, code, message },
    ...(details === undefined ? {} : { details }),
    ...(next === undefined ? {} : { next }),
  };
}

/** Every option, those of all commands among them, as Node's own reader of arguments wants them. */
export function parsedOptions(command: Command): NonNullable<ParseArgsConfig["options"]> {
  const own = Object.entries(command.options).map(([name, { value, isMultiple }]) => [
    name,
    { type: value === undefined ? "boolean" : "string", ...(isMultiple ? { multiple: true } : {}) },
  ]);
  return { ...Object.fromEntries(own), json: { type: "boolean" }, help: { type: "boolean", short: "h" } };
}

/** How an option is typed. */
export function typed(name: string, { value, isJoined }: CommandOption): string {
  return value === undefined ? `--${name}` : `--${name}${isJoined ? "=" : " "}${value}`;
}

export function textOption(values: CommandValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function listOption(values: CommandValues, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
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
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new UsageError(`--${name} takes a whole number, and not ${JSON.stringify(value)}`);
  }
  return number;
}
