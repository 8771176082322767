import { type Command, type CommandOption, typed } from "@/native/cli/command";
import { COMMON_OPTIONS, EXIT_CODES, helpOfOption, usageOf, VARIABLES } from "@/native/cli/show-help";

/** The guide of the command line, from the table that its help is made from. */
export function commandGuide(commands: readonly Command[]): string {
  return `${[
    "# The command line",
    "`npx bulkhead` in a checkout, `bulkhead` where it is linked (`npm link`). Made from the commands' own table: `npx tsx scripts/docs/write.ts`; so are",
    "the manual pages in `native/cli/man` (`man native/cli/man/bulkhead.1`) and what `bulkhead completion` prints for bash, zsh and fish.",
    "",
    "Results go to standard output; errors and the next step go to standard error. Colours are for terminals alone.",
    "",
    "| exit code | means |",
    "|---|---|",
    ...EXIT_CODES.map(([code, text]) => `| ${code} | ${text} |`),
    "",
    "| variable | says |",
    "|---|---|",
    ...VARIABLES.map(([name, text]) => `| \`${name}\` | ${text} |`),
    "",
    "With `--json` a success is one object on standard output, with the members named below. What is no success is one object on standard error:",
    '`{ "error": { "code", "message", "help", "next", "details"? } }`; `help` names the [page of the code](../errors/README.md). Members are added, and never',
    "renamed or taken away.",
    ...commands.flatMap(sectionOf),
  ].join("\n")}\n`;
}

const cell = (text: string) => text.replaceAll("|", "\\|");

function sectionOf(command: Command): string[] {
  const { argument, json, options } = command;
  const all: [string, CommandOption][] = Object.entries({ ...options, ...COMMON_OPTIONS });
  return [
    "",
    `## ${command.name}`,
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}. ${command.about}`,
    "",
    `    ${usageOf(command)}`,
    "",
    "| | |",
    "|---|---|",
    ...(argument === null ? [] : [`| \`${cell(argument.name)}\` | ${cell(argument.help)} |`]),
    ...all.map(([name, option]) => `| \`${cell(typed(name, option))}\` | ${cell(helpOfOption(option))} |`),
    "",
    ...command.examples.flatMap(({ line, does }) => [
      `    ${line}`,
      "",
      `${does.charAt(0).toUpperCase()}${does.slice(1)}.`,
      "",
    ]),
    ...(json === null
      ? ["With `--json` it writes one JSON object a line."]
      : [
          "| member of the answer | what |",
          "|---|---|",
          ...Object.entries(json).map(([name, text]) => `| \`${name}\` | ${cell(text)} |`),
        ]),
  ];
}
