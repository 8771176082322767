import { type Command, type CommandOption, typed } from "./command";
import { COMMON_OPTIONS, EXIT_CODES, helpOfOption, usageOf, VARIABLES } from "./show-help";

/** A line of roff that begins with no request and holds no escape of somebody else's. */
function plain(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const entry = (term: string, text: string) => [".TP", `.B ${plain(term)}`, plain(text)];
const title = (name: string, of: string) => [`.TH ${name.toUpperCase()} 1 "" "Bulkhead" "${of}"`];
const fileOf = ({ name }: Command) => `bulkhead-${name.replaceAll(" ", "-")}.1`;

/** The manual pages by their files' names: one of all commands, one of each. */
export function manPages(commands: readonly Command[]): ReadonlyMap<string, string> {
  const pages = commands.map((command) => [fileOf(command), pageOf(command)] as const);
  return new Map([["bulkhead.1", overview(commands)], ...pages]);
}

function overview(commands: readonly Command[]): string {
  return [
    ...title("bulkhead", "Mini-programs"),
    ".SH NAME",
    plain("bulkhead - build, check and run mini-programs"),
    ".SH SYNOPSIS",
    ".B bulkhead",
    "COMMAND [options]",
    ".SH COMMANDS",
    ...commands.flatMap(({ name, summary }) => entry(name, summary)),
    ...ending(),
    "",
  ].join("\n");
}

function pageOf(command: Command): string {
  const { argument, json } = command;
  const options: [string, CommandOption][] = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  return [
    ...title(`bulkhead-${command.name.replaceAll(" ", "-")}`, "Mini-programs"),
    ".SH NAME",
    plain(`bulkhead ${command.name} - ${command.summary}`),
    ".SH SYNOPSIS",
    plain(usageOf(command)),
    ".SH DESCRIPTION",
    plain(command.about),
    ".SH OPTIONS",
    ...(argument === null ? [] : entry(argument.name, argument.help)),
    ...options.flatMap(([name, option]) => entry(typed(name, option), helpOfOption(option))),
    ".SH EXAMPLES",
    ...command.examples.flatMap(({ line, does }) => entry(line, does)),
    ...(json === null ? [] : [".SH JSON", ...Object.entries(json).flatMap(([name, text]) => entry(name, text))]),
    ...ending(),
    "",
  ].join("\n");
}

function ending(): string[] {
  return [
    ".SH ENVIRONMENT",
    ...VARIABLES.flatMap(([name, text]) => entry(name, text)),
    '.SH "EXIT STATUS"',
    ...EXIT_CODES.flatMap(([code, text]) => entry(code, text)),
  ];
}
