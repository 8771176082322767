import { type Command, type CommandOption, typed } from "./command";
import type { Paint } from "./paint";

/** What every command takes besides its own options. */
export const COMMON_OPTIONS = {
  json: { help: "answer in JSON: one object on standard output, or { error } on standard error" },
  help: { help: "show this" },
} as const satisfies Record<string, CommandOption>;

export const VARIABLES = [
  ["BULKHEAD_SERVER", "where the platform is; --server says it too"],
  ["BULKHEAD_TOKEN", "the publisher's token, which no list of processes shows; --token says it too"],
  ["NO_COLOR", "no colours, whatever the terminal can do"],
] as const;

export const EXIT_CODES = [
  ["0", "success"],
  ["1", "the answer is no"],
  ["2", "a wrong call"],
  ["70", "a fault of the command line's own"],
] as const;

/** One line of how a command is called, with needed parts first and the rest in brackets. */
export function usageOf(command: Command): string {
  const { argument, options, oneOf = [] } = command;
  const inSets = new Set(oneOf.flat());
  const dots = argument !== null && argument.max > 1 ? "…" : "";
  const place = argument === null ? [] : [argument.min === 0 ? `[${argument.name}]` : `${argument.name}${dots}`];
  const needed = Object.entries(options).filter(([, { isRequired }]) => isRequired);
  const rest = Object.entries(options).filter(([name, { isRequired }]) => !isRequired && !inSets.has(name));
  const sets = oneOf.map((names) =>
    names.flatMap((name) => (options[name] === undefined ? [] : [typed(name, options[name])])).join(" "),
  );
  const parts = [
    ...place,
    ...needed.map(([name, option]) => typed(name, option)),
    ...(sets.length === 0 ? [] : [`(${sets.join(" | ")})`]),
    ...rest.map(([name, option]) => `[${typed(name, option)}]${option.isMultiple ? "…" : ""}`),
  ];
  return ["bulkhead", command.name, ...parts].join(" ");
}

export function overviewHelp(commands: readonly Command[], paint: Paint): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${paint("bold", name.padEnd(width))}  ${summary}`);
  return [
    "bulkhead: build, check and run mini-programs",
    "",
    `${paint("bold", "usage:")} bulkhead COMMAND [options]`,
    "",
    ...lines,
    "",
    "Every command has --json and --help. The exit code is 0 only on success; errors go to standard error.",
    "Begin with: bulkhead init notes",
    "",
  ].join("\n");
}

export function commandHelp(command: Command, paint: Paint): string {
  const { argument } = command;
  const rows = [
    ...(argument === null ? [] : [[argument.name, argument.help] as const]),
    ...Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(
      ([name, option]) => [typed(name, option), helpOfOption(option)] as const,
    ),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    command.summary,
    "",
    `${paint("bold", "usage:")} ${usageOf(command)}`,
    "",
    ...rows.map(([name, text]) => `  ${paint("cyan", name.padEnd(width))}  ${text}`),
    "",
    paint("bold", "examples:"),
    ...command.examples.flatMap(({ line, does }) => [`  ${line}`, `      ${paint("dim", does)}`]),
    "",
  ].join("\n");
}

/** With the variable that says it too, and that it may stand more than once. */
export function helpOfOption({ help, env, isMultiple }: CommandOption): string {
  return `${help}${env === undefined ? "" : `; ${env} says it too`}${isMultiple ? "; once for each" : ""}`;
}
