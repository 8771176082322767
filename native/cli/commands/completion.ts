import { type Command, UsageError } from "../command";
import { completionFor, SHELLS } from "../completion";

/** Of the commands that it is given, so that the table need not know itself. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: "completion",
    summary: "print what teaches a shell the commands and options",
    about: "Prints a script and installs nothing.",
    argument: { name: "SHELL", min: 1, max: 1, help: SHELLS.join(", "), completes: SHELLS },
    options: {},
    examples: [
      { line: "bulkhead completion bash > ~/.local/share/bash-completion/completions/bulkhead", does: "for bash" },
      {
        line: 'bulkhead completion zsh > "$HOME/.zfunc/_bulkhead"',
        does: "for zsh, where that folder is of its fpath",
      },
      { line: "bulkhead completion fish > ~/.config/fish/completions/bulkhead.fish", does: "for fish" },
    ],
    json: { shell: "which shell", script: "what it reads" },
    async run({ positionals: [given = ""] }) {
      const shell = SHELLS.find((one) => one === given);
      if (shell === undefined) throw new UsageError(`${JSON.stringify(given)} is none of ${SHELLS.join(", ")}`);
      const script = completionFor(shell, commands());
      return { ok: true, text: script.trimEnd(), json: { shell, script }, next: "begin a new shell" };
    },
  };
}
