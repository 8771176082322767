import type { Command } from "./command";

export function overviewHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "bulkhead: build, check and run mini-programs",
    "",
    "usage: bulkhead COMMAND [options]",
    "",
    ...lines,
    "",
    "Every command has --json and --help. The exit code is 0 only on success; errors go to standard error.",
    "",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  const options = { ...command.help, json: "answer in JSON", help: "show this" };
  const rows = Object.entries(options).map(([name, text]) => {
    const takesValue = command.options[name]?.type === "string";
    return [`--${name}${takesValue ? " VALUE" : ""}`, text] as const;
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    command.summary,
    "",
    `usage: bulkhead ${[command.name, command.usage].filter((part) => part !== "").join(" ")}`,
    "",
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    "",
  ].join("\n");
}
