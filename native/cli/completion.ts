import { errorPages } from "../core/errors/error-pages";
import type { Command, CommandOption, Completes } from "./command";
import { COMMON_OPTIONS } from "./show-help";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that teaches a shell the words of every command, from the same table as their help. */
export function completionFor(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
  }
}

const optionsOf = (command: Command): [string, CommandOption][] =>
  Object.entries({ ...command.options, ...COMMON_OPTIONS });

function codes(): readonly string[] {
  return [...new Set(errorPages().map(({ code }) => code))];
}

/** In bash: what offers the values. */
function source(completes: Completes | undefined): string {
  if (completes === "file") return 'compgen -f -- "$cur"';
  if (completes === "folder") return 'compgen -d -- "$cur"';
  const words = completes === "code" ? codes() : (completes ?? []);
  return `compgen -W "${words.join(" ")}" -- "$cur"`;
}

function bash(commands: readonly Command[]): string {
  const first = [...new Set(commands.map(({ name }) => name.split(" ")[0]))];
  const seconds = commands.filter(({ name }) => name.includes(" "));
  const values = commands.flatMap((command) =>
    optionsOf(command).flatMap(([name, option]) =>
      option.value !== undefined
        ? [`    "${command.name} --${name}") _bulkhead_reply < <(${source(option.completes)}); return ;;`]
        : [],
    ),
  );
  const own = commands.map((command) => {
    const words = optionsOf(command).map(([name]) => `--${name}`);
    const place = command.argument === null ? ":" : source(command.argument.completes);
    return `    "${command.name}") if [[ $cur == -* ]]; then _bulkhead_reply < <(compgen -W "${words.join(" ")}" -- "$cur"); else _bulkhead_reply < <(${place}); fi ;;`;
  });
  return [
    // Line by line, since names may hold spaces; bash 3, which macOS has, knows no mapfile.
    '_bulkhead_reply() { local line; while IFS= read -r line; do COMPREPLY+=("$line"); done; }',
    "_bulkhead() {",
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}`,
    "  COMPREPLY=()",
    `  if [[ $COMP_CWORD -eq 1 ]]; then _bulkhead_reply < <(compgen -W "${first.join(" ")}" -- "$cur"); return; fi`,
    ...seconds.map(({ name }) => {
      const [one = "", two = ""] = name.split(" ");
      return `  if [[ $command == ${one} ]]; then if [[ $COMP_CWORD -eq 2 ]]; then COMPREPLY=(${two}); return; fi; command="${name}"; fi`;
    }),
    '  case "$command $prev" in',
    ...values,
    "  esac",
    '  case "$command" in',
    ...own,
    "  esac",
    "}",
    "complete -o filenames -F _bulkhead bulkhead",
    "",
  ].join("\n");
}

/** Of zsh's own completion: as a file `_bulkhead` in a folder of `fpath`, or read where `compinit` was called. */
function zsh(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const plain = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const offer = (completes: Completes | undefined) => {
    if (completes === "file") return "_files";
    if (completes === "folder") return "_files -/";
    const words = completes === "code" ? codes() : (completes ?? []);
    return words.length === 0 ? " " : `(${words.join(" ")})`;
  };
  const firsts = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? ""))];
  const described = firsts.map((first) => {
    const summary = commands.find(({ name }) => name.split(" ")[0] === first)?.summary ?? "";
    return `    ${quoted(`${first}:${plain(summary)}`)}`;
  });
  const own = commands.map((command) => {
    const { argument } = command;
    const many = argument !== null && argument.max > 1 ? "*" : "1";
    const place = argument === null ? [] : [quoted(`${many}:${plain(argument.name)}:${offer(argument.completes)}`)];
    const options = optionsOf(command).map(([name, option]) => {
      const more = option.isMultiple === true ? "*" : "";
      const joined = option.isJoined === true ? "=-" : "";
      const value = option.value === undefined ? "" : `:${plain(option.value)}:${offer(option.completes)}`;
      return quoted(`${more}--${name}${joined}[${plain(option.help)}]${value}`);
    });
    return `    ${quoted(command.name)}) _arguments ${[...options, ...place].join(" ")} ;;`;
  });
  const seconds = commands.flatMap(({ name }) => {
    const [first = "", second] = name.split(" ");
    return second === undefined
      ? []
      : [
          `  if [[ $command == ${first} ]]; then`,
          `    if (( CURRENT == 2 )); then compadd ${second}; return; fi`,
          `    command+=" $words[2]"; shift words; (( CURRENT-- ))`,
          "  fi",
        ];
  });
  return [
    "#compdef bulkhead",
    "_bulkhead() {",
    "  local -a names",
    "  names=(",
    ...described,
    "  )",
    "  if (( CURRENT == 2 )); then _describe command names; return; fi",
    "  local command=$words[2]",
    "  shift words; (( CURRENT-- ))",
    ...seconds,
    "  case $command in",
    ...own,
    "  esac",
    "}",
    'if [[ $funcstack[1] == _bulkhead ]]; then _bulkhead "$@"; else compdef _bulkhead bulkhead; fi',
    "",
  ].join("\n");
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const words = (completes: Completes | undefined): string[] => {
    if (completes === "file") return ["-F"];
    if (completes === "folder") return ["-f", "-a", quoted("(__fish_complete_directories)")];
    const list = completes === "code" ? codes() : (completes ?? []);
    return ["-f", ...(list.length === 0 ? [] : ["-a", quoted(list.join(" "))])];
  };
  const lines = commands.flatMap((command) => {
    const [one = "", two] = command.name.split(" ");
    const seen = quoted(`__fish_seen_subcommand_from ${two ?? one}`);
    return [
      `complete -c bulkhead -f -n __fish_use_subcommand -a ${one} -d ${quoted(command.summary)}`,
      ...(two === undefined
        ? []
        : [`complete -c bulkhead -f -n ${quoted(`__fish_seen_subcommand_from ${one}`)} -a ${two}`]),
      ...(command.argument === null
        ? []
        : [["complete -c bulkhead", "-n", seen, ...words(command.argument.completes)].join(" ")]),
      ...optionsOf(command).map(([name, option]) => {
        const takes = option.value !== undefined ? ["-r", ...words(option.completes)] : [];
        return ["complete -c bulkhead", "-n", seen, "-l", name, ...takes, "-d", quoted(option.help)].join(" ");
      }),
    ];
  });
  return `${lines.join("\n")}\n`;
}
