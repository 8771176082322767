import { parseArgs } from "node:util";
import { helpOf } from "../core/decide/help";
import { type ErrorPage, pagesOf } from "../core/errors/error-pages";
import { showActing } from "../core/text/plain-text";
import {
  type Command,
  type CommandContext,
  type CommandFailure,
  type CommandResult,
  failure,
  parsedOptions,
  UsageError,
} from "./command";
import { commands } from "./commands";
import { sayFileError } from "./files";
import { missingOf } from "./missing-options";
import { nearest } from "./nearest";
import { paintFor } from "./paint";
import { processContext } from "./process-context";
import { sayDetail, sayHelp } from "./say-explained";
import { commandHelp, overviewHelp, usageOf } from "./show-help";
import { NotWritten } from "./write-whole";

const EXIT = { success: 0, refused: 1, usage: 2, internal: 70 } as const;

/**
 * Runs one command line and answers its exit code: 0 only on success, 1 where the answer is no, 2 for a wrong call.
 * Results go to standard output, everything else, the next step among it, to standard error (spec §8).
 */
export async function main(argv: readonly string[], context: CommandContext = processContext()): Promise<number> {
  const isJson = argv.includes("--json");
  const found = findCommand(argv);
  if (found === undefined) {
    const asksHelp = argv.length === 0 || argv[0] === "--help" || argv[0] === "-h" || argv[0] === "help";
    if (asksHelp) await context.write(overviewHelp(commands, paintFor(context.colours.write)));
    else report(context, unknownCommand(argv), isJson);
    return asksHelp && argv.length > 0 ? EXIT.success : EXIT.usage;
  }
  try {
    return await runCommand(found.command, found.rest, context, isJson);
  } catch (error) {
    report(context, failure("INTERNAL", error instanceof Error ? error.message : String(error)), isJson);
    return EXIT.internal;
  }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  context: CommandContext,
  isJson: boolean,
): Promise<number> {
  let result: CommandResult;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parsedOptions(command),
      allowPositionals: true,
    });
    if (values.help === true) {
      await context.write(commandHelp(command, paintFor(context.colours.write)));
      return EXIT.success;
    }
    const missing = missingOf(command, { values, positionals, env: context.env });
    if (missing.length > 0) throw new UsageError(`missing: ${missing.join(", ")}`);
    const max = command.argument?.max ?? 0;
    if (positionals.length > max) {
      const surplus = positionals.slice(max).map((text) => JSON.stringify(text));
      throw new UsageError(`${surplus.join(", ")}: not understood. It is called so: ${usageOf(command)}`);
    }
    result = await command.run({ values, positionals, context });
  } catch (error) {
    if (error instanceof NotWritten) {
      report(context, failure("NOT_WRITTEN", error.message), isJson);
      return EXIT.refused;
    }
    const message = explainWrongCall(error, command);
    if (message === undefined) throw error;
    report(context, failure("USAGE", message, undefined, `bulkhead ${command.name} --help`), isJson);
    return EXIT.usage;
  }
  if (!result.ok) {
    report(context, result, isJson);
    return EXIT.refused;
  }
  if (!("isWritten" in result))
    await context.write(isJson ? `${JSON.stringify(result.json)}\n` : `${shown(result.text)}\n`);
  if (!isJson && result.next !== undefined) sayNext(context, result.next);
  return EXIT.success;
}

/** Names and answers in it are other people's text; a terminal obeys some of it. */
const shown = (text: string): string => showActing(text, "\n\t");

function findCommand(argv: readonly string[]): { command: Command; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const command = commands.find(({ name }) => name === argv.slice(0, length).join(" "));
    if (command !== undefined) return { command, rest: argv.slice(length) };
  }
  return undefined;
}

/** The command that was probably meant stands in it: one that begins so, that is nearly so, or of which this is one word. */
function unknownCommand([given = ""]: readonly string[]): CommandFailure {
  const isNear = ({ name }: Command) =>
    name.startsWith(given.slice(0, 3)) || nearest(given, name.split(" ")).length > 0;
  const near = given === "" ? [] : commands.filter(isNear);
  const next = near.length === 0 ? "bulkhead --help" : near.map(({ name }) => `bulkhead ${name} --help`).join(", or ");
  return failure("UNKNOWN_COMMAND", `no command ${JSON.stringify(given)}`, undefined, next);
}

function sayNext(context: CommandContext, next: string): void {
  context.warn(`${paintFor(context.colours.warn)("bold", "next:")} ${shown(next)}\n`);
}

/** No failure leaves without its code, what to do now, and where the code is explained (spec 5.55). */
function report(context: CommandContext, { code, message, details, next, of }: CommandFailure, isJson: boolean): void {
  const page = pageOf(code, of);
  const help = page === undefined ? null : helpOf(code);
  const step = next ?? page?.how ?? "bulkhead --help";
  if (isJson) {
    const error = { code, message, help, next: step, ...(details === undefined ? {} : { details }) };
    context.warn(`${JSON.stringify({ error })}\n`);
    return;
  }
  const paint = paintFor(context.colours.warn);
  context.warn(`bulkhead: ${paint("red", shown(code))}: ${shown(message)}\n`);
  const lines = Array.isArray(details) ? details : [];
  const own = help === null ? null : `see ${sayHelp(help)}`;
  for (const line of lines.flatMap(sayDetail)) if (line !== own) context.warn(`  ${shown(line)}\n`);
  sayNext(context, step);
  if (help !== null) context.warn(`${paint("bold", "see:")}  ${sayHelp(help)}\n`);
}

/** What file systems refuse when an argument names a place that is not there, not ours or of another kind. */
const PLACE_CODES = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG"]);
const PLACE_CALLS = new Set(["open", "mkdir", "scandir", "lstat", "rename"]);

/** Several lists have some codes: what was meant is told by the failure, and is the command line's own where it is not. */
function pageOf(code: string, of: ErrorPage["list"] = "command"): ErrorPage | undefined {
  const senses = pagesOf(code);
  return senses.find(({ list }) => list === of) ?? senses[0];
}

/** In words: arguments that cannot be read, or a place that cannot be used. Undefined where the fault is our own. */
function explainWrongCall(error: unknown, command: Command): string | undefined {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return unknownOption(error.message, command);
  if (error.code.startsWith("ERR_PARSE_ARGS")) return error.message;
  if (!("path" in error) || !("syscall" in error) || !PLACE_CALLS.has(String(error.syscall))) return undefined;
  return PLACE_CODES.has(error.code) ? `${String(error.path)} cannot be used${sayFileError(error)}` : undefined;
}

/** Node's own sentence goes on about arguments that begin with a hyphen, and not about what was meant. */
function unknownOption(message: string, command: Command): string {
  const given = /'(--?[^']+)'/.exec(message)?.[1] ?? "";
  const known = Object.keys(parsedOptions(command));
  const near = nearest(given.replace(/^-+/, ""), known).map((name) => `--${name}`);
  const also =
    near.length > 0 ? `; near it: ${near.join(", ")}` : `; it takes ${known.map((name) => `--${name}`).join(", ")}`;
  return `bulkhead ${command.name} has no option ${given}${also}`;
}
