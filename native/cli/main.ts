import { parseArgs } from "node:util";
import { showActing } from "../core/text/plain-text";
import {
  type Command,
  type CommandContext,
  type CommandFailure,
  type CommandResult,
  failure,
  UsageError,
} from "./command";
import { commands } from "./commands";
import { processContext } from "./process-context";
import { sayDetail } from "./say-explained";
import { commandHelp, overviewHelp } from "./show-help";

const EXIT = { success: 0, refused: 1, usage: 2, internal: 70 } as const;

/**
 * Runs one command line and answers its exit code: 0 only on success, 1 where the answer is no, 2 for a wrong call.
 * Results go to standard output, everything else to standard error (spec §8).
 */
export async function main(argv: readonly string[], context: CommandContext = processContext()): Promise<number> {
  const isJson = argv.includes("--json");
  const found = findCommand(argv);
  if (found === undefined) {
    const asksHelp = argv.length === 0 || argv[0] === "--help" || argv[0] === "-h" || argv[0] === "help";
    if (asksHelp) await context.write(overviewHelp(commands));
    else
      report(context, failure("UNKNOWN_COMMAND", `no command ${JSON.stringify(argv[0])}; see bulkhead --help`), isJson);
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
      options: { ...command.options, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
    if (values.help === true) {
      await context.write(commandHelp(command));
      return EXIT.success;
    }
    const { min, max } = command.positionals;
    if (positionals.length < min || positionals.length > max)
      throw new UsageError(`usage: bulkhead ${command.name} ${command.usage}`);
    result = await command.run({ values, positionals, context });
  } catch (error) {
    const message = explainWrongCall(error);
    if (message === undefined) throw error;
    report(context, failure("USAGE", message), isJson);
    return EXIT.usage;
  }
  if (!result.ok) {
    report(context, result, isJson);
    return EXIT.refused;
  }
  if (!("isWritten" in result))
    await context.write(isJson ? `${JSON.stringify(result.json)}\n` : `${shown(result.text)}\n`);
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

function report(context: CommandContext, { code, message, details }: CommandFailure, isJson: boolean): void {
  if (isJson) {
    context.warn(`${JSON.stringify({ error: { code, message, ...(details === undefined ? {} : { details }) } })}\n`);
    return;
  }
  context.warn(`bulkhead: ${code}: ${shown(message)}\n`);
  const lines = Array.isArray(details) ? details : [];
  for (const line of lines.flatMap(sayDetail)) context.warn(`  ${shown(line)}\n`);
}

/** What file systems refuse when an argument names a place that is not there, not ours or of another kind. */
const PLACE_CODES = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EEXIST", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG"]);
const PLACE_CALLS = new Set(["open", "mkdir", "scandir", "lstat"]);

/** In words: arguments that cannot be read, or a place that cannot be used. Undefined where the fault is our own. */
function explainWrongCall(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (error.code.startsWith("ERR_PARSE_ARGS")) return error.message;
  if (!("path" in error) || !("syscall" in error) || !PLACE_CALLS.has(String(error.syscall))) return undefined;
  return PLACE_CODES.has(error.code) ? `${String(error.path)} cannot be used (${error.code})` : undefined;
}
