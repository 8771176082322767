import { type Command, type CommandContext, type CommandValues, typed } from "./command";

/** All that a call lacks, in words: its argument, needed options, and one of the sets of which one is needed. */
export function missingOf(
  command: Command,
  { values, positionals, env }: { values: CommandValues; positionals: readonly string[]; env: CommandContext["env"] },
): string[] {
  const isGiven = (name: string) => {
    const value = values[name] ?? env[command.options[name]?.env ?? ""];
    return value !== undefined && value !== "";
  };
  const shown = (name: string) => {
    const option = command.options[name];
    if (option === undefined) return `--${name}`;
    return `${typed(name, option)}${option.env === undefined ? "" : ` (or ${option.env})`}`;
  };
  const { argument } = command;
  return [
    ...(argument !== null && positionals.length < argument.min ? [argument.name] : []),
    ...Object.entries(command.options)
      .filter(([name, { isRequired }]) => isRequired && !isGiven(name))
      .map(([name]) => shown(name)),
    ...missingSet(command.oneOf ?? [], isGiven, shown),
  ];
}

/** What is missing of the set that was begun, else all the sets, of which one is needed. */
function missingSet(
  sets: readonly (readonly string[])[],
  isGiven: (name: string) => boolean,
  shown: (name: string) => string,
): string[] {
  if (sets.length === 0 || sets.some((names) => names.every(isGiven))) return [];
  const begun = sets.find((names) => names.some(isGiven));
  if (begun !== undefined) return begun.filter((name) => !isGiven(name)).map(shown);
  return [sets.map((names) => names.map(shown).join(" with ")).join(", or ")];
}
