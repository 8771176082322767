import { boundText, showActing } from "../../core/text/plain-text";
import type { ConsoleLine } from "../ports";

export const CONSOLE_LINES_MAX = 1_000;
const LINE_CHARACTERS_MAX = 4_096;
export const CONSOLE_CHARACTERS_MAX = 256 * 1024;

export type ConsoleLog = {
  /** Keeps a line and answers it as it was kept. */
  add(line: ConsoleLine): ConsoleLine;
  lines(): readonly ConsoleLine[];
  /** Lines that are gone to make room. */
  readonly forgotten: number;
};

/** The last lines that a program wrote, within bounds whatever it writes (spec §3: `console` is no API). */
export function createConsoleLog(): ConsoleLog {
  const kept: ConsoleLine[] = [];
  let characters = 0;
  let forgotten = 0;
  return {
    add(line) {
      const text = showActing(boundText(line.text, LINE_CHARACTERS_MAX), "\n\t");
      const shown = { ...line, text };
      kept.push(shown);
      characters += text.length;
      while (kept.length > CONSOLE_LINES_MAX || characters > CONSOLE_CHARACTERS_MAX) {
        characters -= kept.shift()?.text.length ?? 0;
        forgotten += 1;
      }
      return shown;
    },
    lines: () => kept,
    get forgotten() {
      return forgotten;
    },
  };
}
